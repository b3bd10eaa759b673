package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"tenon.dev/tenon/internal/finding"
)

// home is where the project's rules are described.
const home = "https://tenon.dev/tenon"

// writeSARIF writes SARIF 2.1.0 as GitHub's code scanning reads it
// (https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning):
// rules with help, regions, fingerprints that stay when lines move, and waived findings as suppressed.
func writeSARIF(w io.Writer, p Page, o Options) error {
	run := sarif.NewRunWithInformationURI("tenon", home)
	if o.Version != "" {
		run.Tool.Driver.WithVersion(o.Version)
	}
	run.WithColumnKind("unicodeCodePoints")
	run.Results = []*sarif.Result{} // none is a clean run; absent would be a run that did not happen
	seen := map[string]int{}
	for _, f := range p.Findings {
		describe(run, f, o)
		id := fingerprint(f)
		seen[id]++
		run.AddResult(result(run, f, fmt.Sprintf("%s:%d", id, seen[id])))
	}
	// Fixed findings are left out: code scanning does not read their state, and would show them as open.
	log := sarif.NewReport().AddRun(run)
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(log)
}

// describe adds a finding's rule to the run.
func describe(run *sarif.Run, f finding.Finding, o Options) {
	rule, known := o.Rule(f.Rule)
	severity := f.Severity
	if known {
		severity = rule.Severity
	}
	added := run.AddRule(f.Rule).WithName(f.Rule).
		WithDefaultConfiguration(sarif.NewReportingConfiguration().WithLevel(level(severity)))
	text := cmp.Or(rule.Title, f.Rule)
	added.WithShortDescription(sarif.NewMultiformatMessageString().WithText(text))
	added.WithFullDescription(sarif.NewMultiformatMessageString().WithText(cmp.Or(rule.Why, text)))
	help := cmp.Or(rule.Remedy, f.Remedy, text)
	added.WithHelp(sarif.NewMultiformatMessageString().WithText(help).WithMarkdown(help))
	if link, err := url.Parse(cmp.Or(rule.Link(), f.Docs)); err == nil && link.IsAbs() { // tenon's own docs have no address
		added.WithHelpURI(link.String())
	}
}

func level(s finding.Severity) string {
	if s == finding.Info {
		return "note"
	}
	return s.String()
}

func result(run *sarif.Run, f finding.Finding, print string) *sarif.Result {
	text := f.Message
	if in := where(f); in != "" {
		text += "\nIn: " + in
	}
	r := sarif.NewRuleResult(f.Rule).WithLevel(level(f.Severity)).WithMessage(sarif.NewTextMessage(unlinked(text))).
		WithRuleIndex(run.GetRuleIndex(f.Rule)).WithPartialFingerprints(map[string]string{"tenonFinding/v1": print})
	// Code scanning shows no result without a place: what no file led to stands at the platform.
	source := finding.Position{File: "cue/platform"}
	if f.Source != nil {
		source = *f.Source
	}
	r.AddLocation(location(source))
	for i, related := range slices.Concat(f.Related, f.Repeats[:min(len(f.Repeats), maxRelated)]) {
		r.AddRelatedLocation(location(related).WithID(i + 1))
	}
	switch f.Status {
	case finding.New:
		r.WithBaselineState("new")
	case finding.Known:
		r.WithBaselineState("unchanged")
	}
	if f.Waiver != nil {
		r.WithSuppressions([]*sarif.Suppression{
			sarif.NewSuppression().WithKind("external").WithStatus("accepted").
				WithJustification(fmt.Sprintf("%s (%s)", f.Waiver.Reason, f.Waiver.Owner)),
		})
	}
	return r
}

// unlinked writes a text so that it holds no link, [text](target), and no place to put another text into,
// {0} (https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html#_Toc34317472). Brackets and
// braces of paths and JSON stay as they are.
func unlinked(text string) string {
	return placeholder.ReplaceAllString(strings.ReplaceAll(text, "](", "] ("), "{{$1}}")
}

var placeholder = regexp.MustCompile(`\{([0-9]+)\}`)

// uri is the name of a file as a reference of a URI.
func uri(file string) string {
	parts := strings.Split(file, "/")
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return strings.Join(parts, "/")
}

// maxRelated bounds the places of one result: GitHub takes a thousand, and shows few.
const maxRelated = 100

func location(p finding.Position) *sarif.Location {
	region := sarif.NewRegion().WithStartLine(max(1, p.Line))
	if p.Column > 0 {
		region.WithStartColumn(p.Column)
	}
	return sarif.NewLocationWithPhysicalLocation(sarif.NewPhysicalLocation().
		WithArtifactLocation(sarif.NewSimpleArtifactLocation(uri(p.File))).WithRegion(region))
}

// fingerprint is the same for a finding wherever its line moves.
func fingerprint(f finding.Finding) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(f.Identity())))[:32]
}
