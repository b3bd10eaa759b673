package report

import (
	"encoding/json"
	"fmt"
	"io"

	"tenon.dev/tenon/internal/finding"
)

// quality is one issue of GitLab's Code Quality report
// (https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format).
type quality struct {
	Description string `json:"description"`
	CheckName   string `json:"check_name"`
	Fingerprint string `json:"fingerprint"`
	Severity    string `json:"severity"`
	Location    struct {
		Path  string `json:"path"`
		Lines struct {
			Begin int `json:"begin"`
		} `json:"lines"`
	} `json:"location"`
}

// writeGitLab writes a Code Quality report. GitLab itself compares it with that of the target branch,
// so that it holds all findings that are not waived.
func writeGitLab(w io.Writer, p Page, _ Options) error {
	severities := map[finding.Severity]string{finding.Error: "major", finding.Warning: "minor", finding.Info: "info"}
	all := []quality{}
	seen := map[string]int{}
	for _, f := range p.Findings {
		if f.Waiver != nil {
			continue
		}
		id := fingerprint(f)
		seen[id]++
		q := quality{Description: f.Message, CheckName: f.Rule, Fingerprint: fmt.Sprintf("%s%04d", id[:28], seen[id]), Severity: severities[f.Severity]}
		if p.fails(f) {
			q.Severity = "blocker"
		}
		q.Location.Path, q.Location.Lines.Begin = "cue/platform", 1
		if f.Source != nil {
			q.Location.Path, q.Location.Lines.Begin = f.Source.File, max(1, f.Source.Line)
		}
		all = append(all, q)
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(all)
}
