package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/finding"
)

//go:embed page.html
var pageTemplate string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

// writeHTML writes a page that needs nothing beside itself: no font, no script, no image is fetched,
// and its policy forbids it.
func writeHTML(w io.Writer, p Page, o Options) error {
	t, err := template.New("page").Funcs(template.FuncMap{"count": count}).Parse(pageTemplate)
	if err != nil {
		return err
	}
	v := htmlPage{
		Of: Line(o.Of), Version: o.Version, Page: p, Title: heading(p), CSS: template.CSS(pageCSS), JS: template.JS(pageJS),
		Drawings: drawings(p.Pipelines), Differences: differences(p), Matrix: matrix(p),
	}
	if p.Verdict != "" {
		v.Headline = headline(p)
		v.FixedRules = strings.Join(rulesOf(p.Fixed), ", ")
	}
	for _, f := range byRank(p, p.Findings) {
		v.Findings = append(v.Findings, htmlFindingOf(f, p, o))
	}
	v.Rules = rulesOf(p.Findings)
	for _, f := range p.Findings {
		for _, t := range f.Targets {
			if !slices.Contains(v.In, t.String()) {
				v.In = append(v.In, t.String())
			}
		}
	}
	slices.Sort(v.In)
	return t.Execute(w, v)
}

func heading(p Page) string {
	switch p.Verdict {
	case "":
		return fmt.Sprintf("%s, %s", count(p.Summary.Errors, "error"), count(p.Summary.Warnings, "warning"))
	case Passed:
		return "Passed"
	case Compared:
		return "Changes"
	}
	return strings.ToUpper(verdict(p)[:1]) + verdict(p)[1:]
}

type htmlPage struct {
	Page
	Of, Version                 string
	Title, Headline, FixedRules string
	CSS                         template.CSS
	JS                          template.JS
	Matrix                      []htmlRow
	Drawings                    []drawing
	Findings                    []htmlFinding
	Differences                 []htmlDifference
	Rules, In                   []string
}

type htmlRow struct {
	Environment string
	Targets     []Target
}

func matrix(p Page) []htmlRow {
	var rows []htmlRow
	for _, t := range p.Targets {
		if len(rows) == 0 || rows[len(rows)-1].Environment != t.Environment {
			rows = append(rows, htmlRow{Environment: t.Environment})
		}
		rows[len(rows)-1].Targets = append(rows[len(rows)-1].Targets, t)
	}
	return rows
}

// State is the worst that a target has, as a word.
func (t Target) State() string {
	switch {
	case t.Errors > 0:
		return "error"
	case t.Warnings > 0:
		return "warning"
	}
	return "fine"
}

type htmlFinding struct {
	finding.Finding
	Level, Where, Place, In string
	Blocks                  bool
	Excerpt                 []excerptLine
}

type excerptLine struct {
	Number int
	Text   string
	Here   bool
}

func htmlFindingOf(f finding.Finding, p Page, o Options) htmlFinding {
	h := htmlFinding{Finding: f, Level: f.Severity.String(), Where: where(f), Blocks: p.fails(f)}
	var in []string
	for _, t := range f.Targets {
		in = append(in, t.String())
	}
	h.In = strings.Join(in, " ")
	if f.Waiver != nil {
		h.Level = "waived"
	}
	if f.Source == nil {
		return h
	}
	h.Place = f.Source.String()
	if o.sources != nil && quotable(f) {
		h.Excerpt = surroundings(*f.Source, o.sources)
	}
	return h
}

// surroundings are the line of a finding and, of CUE, two on each side. Of a manifest no line is shown that
// no finding is about.
func surroundings(p finding.Position, sources *sources) []excerptLine {
	if p.Line == 0 {
		return nil
	}
	from, to := max(1, p.Line-2), p.Line+2
	if isManifest(p.File) {
		from, to = p.Line, p.Line
	}
	var all []excerptLine
	for i, text := range sources.lines(p.File, from, to) {
		all = append(all, excerptLine{from + i, text, from+i == p.Line})
	}
	return all
}

type htmlDifference struct {
	Op, Object, In, Place string
	// Whole says that the object came or went as a whole.
	Whole   bool
	Changes []htmlChange
}

type htmlChange struct {
	Op, Field, Place string
	Lines            []htmlLine
}

// htmlLine is one row of both sides; a side that is not there is empty.
type htmlLine struct {
	Before, After       string
	HasBefore, HasAfter bool
}

func differences(p Page) []htmlDifference {
	var all []htmlDifference
	for _, o := range p.Changes {
		d := htmlDifference{Whole: len(o.Changes) == 0, Op: string(o.Op), Object: o.Object.String(), In: strings.TrimSpace(inTargets(o.Targets, len(p.Targets))), Place: strings.TrimSpace(from(o.Source, o.Op))}
		if lines := content(o); lines != nil {
			added := htmlChange{Op: string(o.Op), Field: "the whole object"}
			for _, line := range lines {
				added.Lines = append(added.Lines, htmlLine{After: line, HasAfter: true})
			}
			d.Changes = append(d.Changes, added)
		}
		for _, c := range o.Changes {
			d.Changes = append(d.Changes, htmlChange{Op: string(c.Op), Field: c.Field, Place: strings.TrimSpace(from(c.Source, c.Op)), Lines: sideBySide(c)})
		}
		all = append(all, d)
	}
	return all
}

// sideBySide lays the lines of a unified comparison out in two columns.
func sideBySide(c diff.Change) []htmlLine {
	var all []htmlLine
	var gone []string
	flush := func() {
		for _, text := range gone {
			all = append(all, htmlLine{Before: text, HasBefore: true})
		}
		gone = nil
	}
	for _, line := range rows(c) {
		mark, text := line[:1], line[1:]
		switch {
		case mark == "-":
			gone = append(gone, text)
		case mark == "+" && len(gone) > 0:
			all = append(all, htmlLine{gone[0], text, true, true})
			gone = gone[1:]
		case mark == "+":
			all = append(all, htmlLine{After: text, HasAfter: true})
		default:
			flush()
		}
	}
	flush()
	return all
}
