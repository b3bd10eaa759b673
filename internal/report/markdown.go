package report

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/finding"
)

// maxMarkdown keeps a comment below the 65,536 characters that GitHub takes, whatever it counts; this
// counts bytes.
const maxMarkdown = 65_000

// marker lets whoever posts the comment find the one of before.
const marker = "<!-- tenon -->"

// writeMarkdown writes a page as a comment on a pull request. What is too much for it is counted, the
// least important first: differences, then drawings, then findings.
func writeMarkdown(w io.Writer, p Page, _ Options) error {
	m := &markdown{left: maxMarkdown}
	m.block(marker + "\n" + title(p) + "\n")
	for _, note := range p.Notes {
		m.block("> " + escape(note) + "\n\n")
	}
	m.block(table(p))
	meaning, fresh, known := groups(p)
	if p.Verdict == "" {
		meaning, fresh, known = nil, byRank(p, p.Findings), nil
	}
	m.findings("What it means", meaning)
	m.findings("Findings", fresh)
	if len(known) > 0 {
		m.block(fmt.Sprintf("\n%s there before.\n", count(len(known), "finding")))
	}
	if len(p.Fixed) > 0 {
		m.block(fmt.Sprintf("\n✨ Fixed: %s\n", code(strings.Join(rulesOf(p.Fixed), ", "))))
	}
	for _, pipeline := range p.Pipelines {
		if p.Verdict == "" || pipeline.changed() {
			m.block(mermaid(pipeline))
		}
	}
	m.changes(p)
	_, err := io.WriteString(w, m.String())
	return err
}

type markdown struct {
	strings.Builder
	left int
}

// reserve is what remains for saying what was left out.
const reserve = 400

// block writes a text wholly or not at all.
func (m *markdown) block(text string) bool {
	if len(text) > m.left-reserve {
		return false
	}
	m.left -= len(text)
	m.WriteString(text)
	return true
}

// rest says what did not fit; there is always room for it.
func (m *markdown) rest(text string) {
	m.left -= len(text)
	m.WriteString(text)
}

func title(p Page) string {
	switch p.Verdict {
	case Blocked:
		return fmt.Sprintf("## ⛔ tenon: %s\n\n%s against %s: %s.\n", escape(verdict(p)), escape(p.Head), escape(p.Base), headline(p))
	case Passed:
		return fmt.Sprintf("## ✅ tenon: passed\n\n%s against %s: %s.\n", escape(p.Head), escape(p.Base), headline(p))
	case Compared:
		return fmt.Sprintf("## tenon\n\n%s against %s: %s.\n", escape(p.Head), escape(p.Base), headline(p))
	}
	s := p.Summary
	return fmt.Sprintf("## tenon\n\n%s, %s: %s, %s, %s.\n", count(s.Objects, "object"), count(s.Rules, "rule"),
		count(s.Errors, "error"), count(s.Warnings, "warning"), count(s.Infos, "info"))
}

// table shows environments over phases.
func table(p Page) string {
	if len(p.Targets) == 0 {
		return ""
	}
	var environments, phases []string
	cells := map[string]string{}
	for _, t := range p.Targets {
		if !slices.Contains(environments, t.Environment) {
			environments = append(environments, t.Environment)
		}
		if !slices.Contains(phases, t.Phase) {
			phases = append(phases, t.Phase)
		}
		cells[t.String()] = cell(t, p.Verdict != "")
	}
	var b strings.Builder
	b.WriteString("\n| |")
	for _, phase := range phases {
		b.WriteString(" " + escape(phase) + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(phases)) + "\n")
	for _, environment := range environments {
		b.WriteString("| **" + escape(environment) + "** |")
		for _, phase := range phases {
			b.WriteString(" " + cells[environment+"/"+phase] + " |")
		}
		b.WriteString("\n")
	}
	if b.Len() > maxMarkdown/4 {
		return fmt.Sprintf("\n%d targets in %d environments.\n", len(p.Targets), len(environments))
	}
	return b.String()
}

func cell(t Target, compared bool) string {
	text := fmt.Sprintf("%d %%", t.TrafficPercent)
	if t.Current {
		text = "📍 **" + text + "**"
	}
	switch {
	case t.Errors > 0:
		text += fmt.Sprintf(" ⛔ %s", count(t.Errors, "error"))
	case t.Warnings > 0:
		text += fmt.Sprintf(" ⚠️ %s", count(t.Warnings, "warning"))
	}
	if compared && t.Changed > 0 {
		text += fmt.Sprintf(", %d changed", t.Changed)
	}
	return text
}

var icons = map[finding.Severity]string{finding.Error: "⛔", finding.Warning: "⚠️", finding.Info: "ℹ️"}

func (m *markdown) findings(title string, found []finding.Finding) {
	if len(found) == 0 {
		return
	}
	m.block("\n### " + title + "\n\n")
	for i, f := range found {
		if !m.block(entry(f)) {
			m.rest(fmt.Sprintf("- and %d more\n", len(found)-i))
			return
		}
	}
}

func entry(f finding.Finding) string {
	icon := icons[f.Severity]
	if f.Waiver != nil {
		icon = "🟰 waived:"
	}
	text := fmt.Sprintf("- %s **%s** %s", icon, f.Rule, escape(short(f.Message)))
	if f.Source != nil {
		text += "  \n  " + code(f.Source.String())
	}
	if f.Remedy != "" && f.Waiver == nil {
		text += "  \n  _try: " + escape(f.Remedy) + "_"
	}
	return text + "\n"
}

// short bounds a message: some list many objects.
func short(text string) string {
	const most = 600
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "..."
}

func (p Pipeline) changed() bool {
	return slices.ContainsFunc(p.Tasks, func(t PipelineTask) bool { return t.Change != "" })
}

// mermaid draws a pipeline, with the tasks that changed marked.
func mermaid(p Pipeline) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n<details><summary>Pipeline %s</summary>\n\n```mermaid\nflowchart LR\n", escape(p.Name))
	ids := map[string]string{}
	for i, t := range p.Tasks {
		ids[t.Name] = fmt.Sprintf("t%d", i)
		label := plainLabel.ReplaceAllString(t.Name, " ")
		if t.Finally {
			label += " (finally)"
		}
		fmt.Fprintf(&b, "  %s[\"%s\"]\n", ids[t.Name], label)
	}
	for _, t := range p.Tasks {
		for _, before := range t.After {
			fmt.Fprintf(&b, "  %s --> %s\n", ids[before], ids[t.Name])
		}
	}
	for _, t := range p.Tasks {
		if t.Change != "" {
			fmt.Fprintf(&b, "  class %s %s\n", ids[t.Name], t.Change)
		}
	}
	b.WriteString("  classDef changed stroke:#d29922,stroke-width:3px\n  classDef added stroke:#3fb950,stroke-width:3px\n```\n\n</details>\n")
	return b.String()
}

// plainLabel fits what a label of a graph must not hold.
var plainLabel = regexp.MustCompile(`[^A-Za-z0-9 ._-]`)

func (m *markdown) changes(p Page) {
	if len(p.Changes) == 0 {
		return
	}
	m.block("\n### Changes\n\n")
	rest, groups := grouped(p.Changes)
	left := len(p.Changes)
	more := func() {
		m.rest(fmt.Sprintf("\nand %d more of %s: too many for a comment, `tenon gate` shows them all.\n", left, count(len(p.Changes), "change")))
	}
	for _, g := range groups {
		if !m.block(foldedGroup(g, len(p.Targets))) {
			more()
			return
		}
		left -= len(g.objects)
	}
	for _, o := range rest {
		if !m.block(folded(o, len(p.Targets))) {
			more()
			return
		}
		left--
	}
}

func foldedGroup(g group, all int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<details><summary>%s</summary>\n\n", escape(g.title(all)))
	for _, line := range g.kinds() {
		fmt.Fprintf(&b, "- %s\n", escape(line))
	}
	var text strings.Builder
	for _, o := range g.objects {
		lines := content(o)
		if len(lines) == 0 {
			continue
		}
		fmt.Fprintf(&text, "@@ %s @@\n", o.Object)
		for _, line := range lines {
			text.WriteString("+ " + line + "\n")
		}
	}
	return b.String() + "\n" + fenced(text.String(), most*2) + "\n</details>\n"
}

// folded is one object's differences, behind a line that opens them.
func folded(o diff.Object, all int) string {
	head := strings.TrimSpace(fmt.Sprintf("%s <b>%s</b> %s", o.Op, escape(o.Object.String()), escape(inTargets(o.Targets, all))))
	if len(o.Changes) == 0 && len(o.Value) == 0 {
		return "- " + head + "\n"
	}
	var b strings.Builder
	for _, line := range content(o) {
		b.WriteString("+ " + line + "\n")
	}
	for _, c := range o.Changes {
		fmt.Fprintf(&b, "@@ %s @@%s\n", c.Field, from(c.Source, c.Op))
		for _, line := range rows(c) {
			b.WriteString(line[:1] + " " + line[1:] + "\n")
		}
	}
	return fmt.Sprintf("<details><summary>%s</summary>\n\n%s\n</details>\n", head, fenced(b.String(), most))
}

// most is how many bytes one object takes of a comment.
const most = 6000

// fenced is a difference as a block of code, cut off where it is long.
func fenced(text string, most int) string {
	if text == "" {
		return ""
	}
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "\n...\n(too long for a comment: tenon gate -o html shows all of it)\n"
	}
	fence := fenceFor(text)
	return fence + "diff\n" + text + fence + "\n"
}

var backticks = regexp.MustCompile("`+")

// fenceFor is longer than any run of backticks in the text, which could else end the block.
func fenceFor(text string) string {
	longest := 2
	for _, run := range backticks.FindAllString(text, -1) {
		longest = max(longest, len(run))
	}
	return strings.Repeat("`", longest+1)
}

// escape makes a text of a pull request plain: no markup, no mention, no link. GitHub looks for mentions,
// references and addresses in the text that is shown, where an entity is the character again: a space
// without width parts them.
func escape(text string) string {
	return linked.ReplaceAllString(markup.Replace(strings.Join(strings.Fields(text), " ")), "$1&#8203;$2")
}

// linked fits what GitHub makes links of without markup.
var linked = regexp.MustCompile(`(?i)(www|gh)([.-])`)

var markup = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;", "`", "&#96;", "@", "&#64;&#8203;", "#", "&#35;&#8203;", "*", "&#42;", "_", "&#95;", "[", "&#91;", "]", "&#93;",
	"|", "&#124;", "~", "&#126;", "!", "&#33;", "\\", "&#92;", "://", "&#58;&#8203;//",
	// Of two of them GitHub makes a formula (https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/writing-mathematical-expressions).
	"$", "<span>$</span>",
)

// code is a text between backticks, without those that would end it, and without line breaks: a blank
// line ends every span.
func code(text string) string {
	return "`" + strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "`", "'") + "`"
}
