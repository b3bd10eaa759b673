package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/report"
)

// page is a blocked change with a finding of each state, and texts that a pull request could use
// against who reads the report.
func page() report.Page {
	at := func(line int) *finding.Position {
		return &finding.Position{File: "cue/platform/platform.cue", Line: line, Column: 3}
	}
	prod := []finding.Target{{Environment: "prod", Phase: "phase1"}}
	role := &finding.Object{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "ClusterRole", Name: "reader"}
	p := report.Page{Verdict: report.Blocked, Base: "main", Head: "branch", FailOn: finding.Error}
	p.Report = finding.NewReport([]finding.Finding{
		{Rule: "rbac/wildcard", Severity: finding.Error, Status: finding.New, Object: role, Field: "rules[0].verbs", Source: at(7), Targets: prod,
			Message: "all verbs\n::error::forged %0A @everyone <script>alert(1)</script> ``` \x1b[31m", Remedy: "list the verbs"},
		{Rule: "network/open", Severity: finding.Warning, Status: finding.Known, Object: role, Source: at(9), Targets: prod, Message: "open"},
		{Rule: "gpu/limit", Severity: finding.Error, Status: finding.New, Object: role, Source: at(11), Targets: prod, Message: "no limit",
			Waiver: &finding.Waiver{Reason: "until the driver is new", Owner: "platform"}},
		{Rule: "change/rights-gained", Severity: finding.Info, Status: finding.New, Message: "a right of no file", Targets: prod},
	}, finding.Summary{Objects: 93, Targets: 1, Rules: 95})
	p.Fixed = []finding.Finding{{Rule: "pipeline/timeout", Severity: finding.Warning, Message: "no timeout", Targets: prod}}
	p.Targets = []report.Target{{Target: prod[0], Current: true, TrafficPercent: 10, Objects: 93, Errors: 1, Changed: 1}}
	return p
}

func written(t *testing.T, format string, p report.Page) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.Write(&b, format, p, report.Options{Version: "v1.2.3"}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func readSARIF(t *testing.T, p report.Page) *sarif.Run {
	t.Helper()
	text := written(t, "sarif", p)
	log, err := sarif.FromString(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Validate(); err != nil {
		t.Fatalf("not SARIF 2.1.0: %v\n%s", err, text)
	}
	return log.Runs[0]
}

// What code scanning asks of SARIF: each result has a rule, a level, a place and a fingerprint.
func TestSARIF(t *testing.T) {
	run := readSARIF(t, page())
	if len(run.Results) != 4 || len(run.Tool.Driver.Rules) != 4 {
		t.Fatalf("%d results of %d rules, want 4 of 4", len(run.Results), len(run.Tool.Driver.Rules))
	}
	levels, states, suppressed := "", "", 0
	for _, r := range run.Results {
		levels += r.Level + " "
		states += value(r.BaselineState) + " "
		suppressed += len(r.Suppressions)
		if len(r.PartialFingerprints) != 1 || len(r.Locations) != 1 || *r.Locations[0].PhysicalLocation.Region.StartLine < 1 {
			t.Errorf("%s has no fingerprint or no place", *r.RuleID)
		}
		if got := *run.Tool.Driver.Rules[r.RuleIndex].ID; got != *r.RuleID {
			t.Errorf("%s points at the rule %s", *r.RuleID, got)
		}
	}
	if levels != "error warning error note " || states != "new unchanged new new " || suppressed != 1 {
		t.Errorf("levels %s, states %s, %d suppressed", levels, states, suppressed)
	}
	if got := *run.Results[2].Suppressions[0].Justification; got != "until the driver is new (platform)" {
		t.Errorf("the suppression says %q", got)
	}
}

// A finding keeps its fingerprint where its line moves, and two findings have two.
func TestFingerprints(t *testing.T) {
	prints := func(p report.Page) (all []string) {
		for _, r := range readSARIF(t, p).Results {
			all = append(all, fmt.Sprint(r.PartialFingerprints))
		}
		return all
	}
	moved := page()
	for i := range moved.Findings {
		if s := moved.Findings[i].Source; s != nil {
			s.Line, s.Column = s.Line+40, s.Column+2
		}
	}
	before, after := prints(page()), prints(moved)
	if strings.Join(before, "\n") != strings.Join(after, "\n") {
		t.Errorf("fingerprints moved:\n%v\n%v", before, after)
	}
	seen := map[string]bool{}
	for _, p := range before {
		if seen[p] {
			t.Errorf("two findings have the fingerprint %s", p)
		}
		seen[p] = true
	}
}

// A message must not start a command of its own, nor write to the terminal.
func TestGitHub(t *testing.T) {
	got := written(t, "github", page())
	want := "::error file=cue/platform/platform.cue,line=7,col=3,title=rbac/wildcard::all verbs\\n::error::forged %250A @everyone <script>alert(1)</script> ``` \\x1b[31m%0Atry: list the verbs\n" +
		"::notice title=change/rights-gained::a right of no file\n"
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
func TestGitLab(t *testing.T) {
	var issues []struct {
		Description, Fingerprint, Severity string
		CheckName                          string `json:"check_name"`
		Location                           struct {
			Path  string
			Lines struct{ Begin int }
		}
	}
	if err := json.Unmarshal([]byte(written(t, "gitlab", page())), &issues); err != nil {
		t.Fatal(err)
	}
	if len(issues) != 3 {
		t.Fatalf("%d issues, want the 3 that are not waived", len(issues))
	}
	seen := map[string]bool{}
	for _, i := range issues {
		if i.Description == "" || i.CheckName == "" || i.Location.Path == "" || i.Location.Lines.Begin < 1 || seen[i.Fingerprint] ||
			!strings.Contains("info minor major critical blocker", i.Severity) {
			t.Errorf("GitLab does not take %+v", i)
		}
		seen[i.Fingerprint] = true
	}
}

var unescapedMention = regexp.MustCompile(`[^;]@everyone|<script>|\n::`)

func TestMarkdown(t *testing.T) {
	got := written(t, "markdown", page())
	for _, want := range []string{"<!-- tenon -->", "⛔", "| **prod** | 📍 **10 %**", "1 finding there before", "✨ Fixed: `pipeline/timeout`", "waived"} {
		if !strings.Contains(got, want) {
			t.Errorf("the comment does not say %s:\n%s", want, got)
		}
	}
	if bad := unescapedMention.FindString(got); bad != "" {
		t.Errorf("the comment holds %q:\n%s", bad, got)
	}
}

// GitHub refuses a comment of more than 65,536 characters.
func TestMarkdownOfEverything(t *testing.T) {
	p := page()
	p.Targets = nil
	for e := range 100 {
		for phase := range 3 {
			p.Targets = append(p.Targets, report.Target{Target: finding.Target{Environment: fmt.Sprintf("environment-%d", e), Phase: fmt.Sprintf("phase%d", phase)}, Changed: 93})
		}
	}
	for i := range 93 * 3 {
		o := diff.Object{Op: diff.Changed, Object: finding.Object{Kind: "Task", Name: fmt.Sprintf("task-%d", i)}}
		for _, t := range p.Targets {
			o.Targets = append(o.Targets, t.Target)
		}
		for c := range 20 {
			o.Changes = append(o.Changes, diff.Change{Op: diff.Changed, Field: fmt.Sprintf("spec.steps[%d].script", c), Before: strings.Repeat("äöü `\n", 200), After: strings.Repeat("ñ\n", 300)})
		}
		p.Changes = append(p.Changes, o)
		p.Findings = append(p.Findings, finding.Finding{Rule: "types/decode", Severity: finding.Error, Status: finding.New, Message: strings.Repeat("wrong ", 300)})
	}
	got := written(t, "markdown", p)
	if len([]rune(got)) > 65_536 || len(got) > 65_536 {
		t.Errorf("%d bytes", len(got))
	}
	if !strings.Contains(got, "more") || strings.Count(got, "<details>") != strings.Count(got, "</details>") || strings.Count(got, "```")%2 != 0 {
		t.Errorf("what was left out is not said, or something is cut in two")
	}
	if !strings.Contains(got, "rbac/wildcard") {
		t.Error("the first finding is not there")
	}
}

// Nothing in the page is fetched, and what a pull request says is no markup.
func TestHTML(t *testing.T) {
	got := written(t, "html", page())
	for _, bad := range []string{"<script>alert", "src=\"http", "@import", "url(http"} {
		if strings.Contains(got, bad) {
			t.Errorf("the page holds %s", bad)
		}
	}
	if !strings.Contains(got, "&lt;script&gt;alert(1)") || !strings.Contains(got, "default-src 'none'") {
		t.Error("the page lacks the message, or its policy")
	}
}

func value(text *string) string {
	if text == nil {
		return "none"
	}
	return *text
}

// A command behind any blank that .NET's TrimStart takes away is none any more.
func TestCommandsBehindBlanks(t *testing.T) {
	for _, blank := range []string{"", " ", "\t", "\u00a0", "\u2003", "\u3000", "\u1680", " \u2009\u00a0"} {
		text := "x\n" + blank + "::error file=a::forged"
		for name, shown := range map[string]string{"Value": report.Value(text), "Lines": report.Lines(text)} {
			for _, line := range strings.Split(shown, "\n") {
				if strings.HasPrefix(strings.TrimSpace(line), "::") {
					t.Errorf("%s leaves %q", name, line)
				}
			}
		}
	}
}
