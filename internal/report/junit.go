package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/finding"
)

// The shape that CI systems read: the elements and attributes that Jenkins' xunit-plugin, GitLab and
// Azure agree on (junit-10.xsd of jenkinsci/xunit-plugin).
type (
	testSuites struct {
		XMLName  xml.Name    `xml:"testsuites"`
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Suites   []testSuite `xml:"testsuite"`
	}
	testSuite struct {
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Skipped  int        `xml:"skipped,attr"`
		Cases    []testCase `xml:"testcase"`
	}
	testCase struct {
		Name      string   `xml:"name,attr"`
		ClassName string   `xml:"classname,attr"`
		Skipped   *string  `xml:"skipped"`
		Failure   *outcome `xml:"failure"`
	}
	outcome struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnit writes JUnit's XML, by the schema of Jenkins' dtkit (junit-4.xsd): a suite for each rule that found something: what blocks is a failure, what does
// not, or is waived, is skipped. A clean run is one passing test.
func writeJUnit(w io.Writer, p Page, _ Options) error {
	all := testSuites{Name: "tenon"}
	for _, rule := range rulesOf(p.Findings) {
		suite := testSuite{Name: rule}
		for _, f := range p.Findings {
			if f.Rule == rule {
				suite.add(p, f)
			}
		}
		all.add(suite)
	}
	if len(all.Suites) == 0 {
		all.add(testSuite{Name: "tenon", Tests: 1, Cases: []testCase{{Name: fmt.Sprintf("%d rules over %d objects", p.Summary.Rules, p.Summary.Objects), ClassName: "tenon"}}})
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *testSuites) add(suite testSuite) {
	s.Suites = append(s.Suites, suite)
	s.Tests += suite.Tests
	s.Failures += suite.Failures
}

func (s *testSuite) add(p Page, f finding.Finding) {
	name := where(f)
	if name == "" {
		name = f.Message
	}
	c := testCase{Name: printable(name), ClassName: f.Rule}
	said := &outcome{Message: printable(f.Message), Type: f.Severity.String(), Text: printable(f.Remedy)}
	if f.Source != nil {
		said.Text = f.Source.String() + "\n" + said.Text
	}
	switch {
	case f.Waiver != nil:
		reason := printable("waived: " + f.Waiver.Reason)
		c.Skipped = &reason
		s.Skipped++
	case p.fails(f):
		c.Failure = said
		s.Failures++
	default:
		text := said.Message + "\n" + said.Text
		c.Skipped = &text
		s.Skipped++
	}
	s.Tests++
	s.Cases = append(s.Cases, c)
}

// fails tells whether a finding fails the run, compared or not.
func (p Page) fails(f finding.Finding) bool {
	if p.Verdict != "" {
		return p.Blocks(f)
	}
	return f.Waiver == nil && f.Severity >= p.FailOn
}

// writeGitHub writes workflow commands, which GitHub shows at the lines of a pull request
// (https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions).
func writeGitHub(w io.Writer, p Page, _ Options) error {
	commands := map[finding.Severity]string{finding.Error: "error", finding.Warning: "warning", finding.Info: "notice"}
	// GitHub shows ten of each level in a step: those that block come first.
	all := slices.Clone(p.Findings)
	slices.SortStableFunc(all, func(a, b finding.Finding) int { return rank(p, b) - rank(p, a) })
	for _, f := range all {
		if f.Waiver != nil || f.Status == finding.Known && !p.All {
			continue
		}
		var properties []string
		if f.Source != nil {
			properties = append(properties, "file="+property(printable(f.Source.File)))
			if f.Source.Line > 0 {
				properties = append(properties, fmt.Sprintf("line=%d", f.Source.Line))
			}
			if f.Source.Column > 0 {
				properties = append(properties, fmt.Sprintf("col=%d", f.Source.Column))
			}
		}
		properties = append(properties, "title="+property(printable(f.Rule)))
		text := f.Message
		if f.Remedy != "" {
			text += "\ntry: " + f.Remedy
		}
		if _, err := fmt.Fprintf(w, "::%s %s::%s\n", commands[f.Severity], strings.Join(properties, ","), data(printable(text))); err != nil {
			return err
		}
	}
	return nil
}

func rank(p Page, f finding.Finding) int {
	if p.fails(f) {
		return 10 + int(f.Severity)
	}
	return int(f.Severity)
}

// data escapes what stands behind a workflow command, property what stands in it: a text from a pull
// request must not start a command of its own.
func data(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
}

func property(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(text)
}
