package report_test

import (
	"strings"
	"testing"
	"unicode"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/report"
)

// FuzzPlain: no format lets foreign text do anything.
func FuzzPlain(f *testing.F) {
	for _, text := range []string{"a\n::error::b", "##[group]", "\x1b[2J", "\u009b2J", "\u202e", "``` \n# a", "<img src=x>", "@octocat", "]]>", "&lt;", "\xff\xfe", "a\u2028b"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p := page()
		p.Findings[0].Message, p.Findings[0].Remedy, p.Findings[0].Field = text, text, text
		p.Findings[0].Source = &finding.Position{File: text, Line: 1}
		p.Findings[0].Object = &finding.Object{Kind: text, Name: text}
		p.Notes, p.Head = []string{text}, text
		for _, format := range report.Formats() {
			out := written(t, format, p)
			for _, r := range out {
				if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf)) {
					t.Fatalf("%s has %U of %q", format, r, text)
				}
			}
			if strings.Contains(out, "##[") && format != "github" {
				t.Fatalf("%s has a command of %q", format, text)
			}
			for _, line := range strings.Split(out, "\n") {
				if strings.HasPrefix(strings.TrimSpace(line), "::") && format != "github" && format != "html" {
					t.Fatalf("%s has the line %q", format, line)
				}
			}
		}
	})
}
