// Package report knows how findings are shown. It decides nothing about them.
package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"text/tabwriter"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/veil"
)

// Options say how a page is written.
type Options struct {
	// Source returns the text of a file named by a finding, for excerpts; nil means none.
	Source func(file string) ([]byte, error)
	// Objects are those of a file where they are known already; nil knows none, and the file is parsed.
	Objects func(file string) ([]manifest.Object, bool)
	// Color allows escape sequences.
	Color bool
	// Rule describes a rule; nil describes none.
	Rule func(id string) (finding.Rule, bool)
	// Version of tenon, for formats that name the tool.
	Version string
	// Of is what the report is of, for people who meet it later: the platform, and where nothing is compared the commit
	// and its date.
	Of string

	sources *sources
}

// formats write a page, by name.
var formats = map[string]func(io.Writer, Page, Options) error{
	"text": writeText, "json": writeJSON, "sarif": writeSARIF, "junit": writeJUnit, "github": writeGitHub, "gitlab": writeGitLab,
	"markdown": writeMarkdown, "html": writeHTML,
}

// Formats are the names that Write knows, sorted.
func Formats() []string { return slices.Sorted(maps.Keys(formats)) }

// Comparisons are the formats of a page that judges nothing.
func Comparisons() []string { return []string{"html", "json", "markdown", "text"} }

// Write shows a page in a format.
func Write(w io.Writer, format string, p Page, o Options) error {
	write, known := formats[format]
	if !known {
		return fmt.Errorf("unknown format %q: use one of %s", format, strings.Join(Formats(), ", "))
	}
	if o.Rule == nil {
		o.Rule = func(id string) (finding.Rule, bool) { return finding.Rule{ID: id}, false }
	}
	o.sources = newSources(o.Source, o.Objects)
	if format == "json" {
		p = veiled(p)
	} else {
		p = plain(p)
	}
	var page bytes.Buffer
	if err := write(&page, p, o); err != nil {
		return err
	}
	text := page.String()
	switch format {
	case "text", "markdown", "junit":
		text = calm(text)
	case "json", "sarif", "gitlab":
		text = asciiJSON(text)
	}
	_, err := io.WriteString(w, text)
	return err
}

func writeJSON(w io.Writer, p Page, _ Options) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(p)
}

type style struct{ color bool }

func (s style) paint(code, text string) string {
	if !s.color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

var colors = map[finding.Severity]string{finding.Error: "1;31", finding.Warning: "1;33", finding.Info: "1;36"}

func writeText(w io.Writer, p Page, o Options) error {
	t := text{style: style{o.Color}, sources: o.sources}
	o.sources.prepare(p.Findings)
	if p.Verdict != "" {
		t.comparison(p)
	} else {
		for _, f := range gravestFirst(p.Findings) {
			t.finding(f)
		}
		t.totals(p.Findings)
		t.summary(p.Summary)
	}
	_, err := io.WriteString(w, t.String())
	return err
}

// gravestFirst are findings by how grave they are, those of one file and object beside each other.
func gravestFirst(found []finding.Finding) []finding.Finding {
	rank := func(f finding.Finding) int {
		if f.Waiver != nil {
			return -1
		}
		return int(f.Severity)
	}
	sorted := slices.Clone(found)
	slices.SortStableFunc(sorted, func(a, b finding.Finding) int { return cmp.Compare(rank(b), rank(a)) })
	return sorted
}

// many is from how many findings on they are counted by rule.
const many = 10

// totals counts findings by rule, where there are many.
func (t *text) totals(found []finding.Finding) {
	if len(found) < many {
		return
	}
	type total struct {
		severity, rule, docs string
		n                    int
	}
	var all []*total
	for _, f := range gravestFirst(found) {
		if f.Waiver != nil {
			continue
		}
		i := slices.IndexFunc(all, func(o *total) bool { return o.rule == f.Rule && o.severity == f.Severity.String() })
		if i < 0 {
			i = len(all)
			all = append(all, &total{f.Severity.String(), f.Rule, f.Docs, 0})
		}
		all[i].n += 1 + len(f.Repeats)
	}
	t.WriteString("\n")
	table := tabwriter.NewWriter(t, 0, 0, 2, ' ', 0)
	for _, o := range all {
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\n", o.n, o.severity, o.rule, o.docs)
	}
	table.Flush()
}

type text struct {
	strings.Builder
	style   style
	sources *sources
}

// finding writes file:line:col: severity rule: message, the line with a caret, where it was
// found, and the remedy.
func (t *text) finding(f finding.Finding) {
	place := ""
	if f.Source != nil {
		place = t.style.paint("1", f.Source.String()) + ": "
	}
	severity := t.style.paint(colors[f.Severity], f.Severity.String())
	if f.Waiver != nil {
		severity = t.style.paint("2", "waived "+f.Severity.String())
	}
	fmt.Fprintf(t, "%s%s %s: %s\n", place, severity, f.Rule, f.Message)
	if f.Source != nil && f.Waiver == nil && quotable(f) {
		t.excerpt(*f.Source)
	}
	if where := where(f); where != "" {
		fmt.Fprintf(t, "  in: %s\n", where)
	}
	if f.Waiver != nil {
		fmt.Fprintf(t, "  waived: %s (%s)\n", f.Waiver.Reason, f.Waiver.Owner)
	} else if f.Remedy != "" {
		fmt.Fprintf(t, "  try: %s\n", f.Remedy)
	}
}

func where(f finding.Finding) string {
	var parts []string
	if f.Object != nil {
		parts = append(parts, f.Object.String())
	}
	if f.Field != "" {
		parts = append(parts, f.Field)
	}
	text := strings.Join(parts, " ")
	if len(f.Targets) > 0 {
		in := targets(f.Targets)
		if text == "" {
			return in
		}
		text += " (" + in + ")"
	}
	return text
}

// targets folds the phases of an environment: prod/{phase1,phase2}.
func targets(list []finding.Target) string {
	var order []string
	phases := map[string][]string{}
	for _, t := range list {
		if !slices.Contains(order, t.Environment) {
			order = append(order, t.Environment)
		}
		if !slices.Contains(phases[t.Environment], t.Phase) { // what moves is told of where it was, and of where it comes to
			phases[t.Environment] = append(phases[t.Environment], t.Phase)
		}
	}
	var folded []string
	for _, environment := range order {
		if p := phases[environment]; len(p) == 1 {
			folded = append(folded, finding.Target{Environment: environment, Phase: p[0]}.String())
		} else {
			folded = append(folded, environment+"/{"+strings.Join(p, ",")+"}")
		}
	}
	return strings.Join(folded, ", ")
}

// quotable tells whether the source of a finding may be shown: not where it may hold a secret, and not
// where the document did not parse, so that nobody knows what it holds.
func quotable(f finding.Finding) bool {
	parsed := f.Object != nil || f.Source == nil || !isManifest(f.Source.File)
	return parsed && !f.Sensitive()
}

func isManifest(file string) bool {
	switch path.Ext(file) {
	case ".yaml", ".yml", ".json", "":
		return true
	}
	return file == "<stdin>"
}

// maxExcerpt bounds a line of source: generated manifests have very long ones.
const maxExcerpt = 160

func (t *text) excerpt(p finding.Position) {
	if t.sources == nil || p.Line == 0 {
		return
	}
	lines := t.sources.lines(p.File, p.Line, p.Line)
	if len(lines) == 0 {
		return
	}
	line := lines[0]
	number := fmt.Sprint(p.Line)
	fmt.Fprintf(t, "  %s | %s\n", t.style.paint("2", number), line)
	if p.Column == 0 || p.Column > len(line) || strings.Contains(line, veil.Hidden) {
		return
	}
	// A tab before the caret keeps it under its column whatever the width of tabs.
	indent := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, line[:p.Column-1])
	fmt.Fprintf(t, "  %s | %s%s\n", strings.Repeat(" ", len(number)), indent, t.style.paint("1;32", "^"))
}

func (t *text) summary(s finding.Summary) {
	if t.Len() > 0 {
		t.WriteString("\n")
	}
	what := count(s.Objects, "object")
	if s.Targets > 0 {
		what = count(s.Targets, "target") + ", " + what
	}
	fmt.Fprintf(t, "%s, %s: %s, %s, %s", what, count(s.Rules, "rule"),
		count(s.Errors, "error"), count(s.Warnings, "warning"), count(s.Infos, "info"))
	if s.Waived > 0 {
		fmt.Fprintf(t, ", %d waived", s.Waived)
	}
	if s.Known > 0 {
		fmt.Fprintf(t, ", %d known", s.Known)
	}
	if s.Gone > 0 {
		fmt.Fprintf(t, ", %d of the baseline gone", s.Gone)
	}
	if len(s.Off) > 0 {
		fmt.Fprintf(t, ", switched off: %s", strings.Join(s.Off, ", "))
	}
	if s.Skipped > 0 {
		fmt.Fprintf(t, ", %s skipped that %s no Kubernetes object", count(s.Skipped, "document"), verb(s.Skipped))
	}
	t.WriteString("\n")
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func verb(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
