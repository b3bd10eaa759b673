package report

import (
	"encoding/xml"
	"fmt"
	"io"

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
	c := testCase{Name: name, ClassName: f.Rule}
	said := &outcome{Message: f.Message, Type: f.Severity.String(), Text: f.Remedy}
	if f.Source != nil {
		said.Text = f.Source.String() + "\n" + said.Text
	}
	switch {
	case f.Waiver != nil:
		reason := "waived: " + f.Waiver.Reason
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
