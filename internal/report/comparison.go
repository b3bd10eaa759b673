package report

import (
	"fmt"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/finding"
)

// groups parts the findings of a comparison as people read them: what the change means, what else is
// new, and what was there before; in each what blocks comes first.
func groups(p Page) (meaning, fresh, known []finding.Finding) {
	for _, f := range p.Findings {
		switch {
		case f.Status == finding.Known:
			known = append(known, f)
		case isMeaning(f):
			meaning = append(meaning, f)
		default:
			fresh = append(fresh, f)
		}
	}
	return byRank(p, meaning), byRank(p, fresh), byRank(p, known)
}

func isMeaning(f finding.Finding) bool { return strings.HasPrefix(f.Rule, "change/") }

// headline says in one sentence what the change does to the objects.
func headline(p Page) string {
	if len(p.Changes) == 0 && len(p.Targets) == 0 {
		return "nothing could be rendered"
	}
	if len(p.Changes) == 0 {
		return "no change to any object"
	}
	counts := map[diff.Op]map[string]bool{}
	for _, o := range p.Changes {
		if counts[o.Op] == nil {
			counts[o.Op] = map[string]bool{}
		}
		counts[o.Op][o.Object.Namespace+"/"+o.Object.String()] = true
	}
	var parts []string
	for _, op := range []diff.Op{diff.Added, diff.Changed, diff.Removed} {
		if n := len(counts[op]); n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", count(n, "object"), op))
		}
	}
	if len(p.Targets) == 1 {
		return strings.Join(parts, ", ")
	}
	changed := 0
	for _, t := range p.Targets {
		if t.Changed > 0 {
			changed++
		}
	}
	if changed == 0 {
		return strings.Join(parts, ", ") + ", outside of all targets"
	}
	return fmt.Sprintf("%s, in %d of %s", strings.Join(parts, ", "), changed, count(len(p.Targets), "target"))
}

// comparison writes what a gate found: the change first, then what is wrong.
func (t *text) comparison(p Page) {
	fmt.Fprintf(t, "%s against %s: %s\n", p.Head, p.Base, headline(p))
	for _, note := range p.Notes {
		fmt.Fprintf(t, "note: %s\n", note)
	}
	meaning, fresh, known := groups(p)
	t.section("What it means", meaning)
	t.changes(p)
	if p.Verdict == Compared {
		return
	}
	t.section("New", fresh)
	if p.All {
		t.section("There before", known)
	} else if len(known) > 0 {
		fmt.Fprintf(t, "\n%s there before (-o json lists them; --all blocks on them)\n", count(len(known), "finding"))
	}
	if len(p.Fixed) > 0 {
		fmt.Fprintf(t, "\nfixed: %s\n", strings.Join(rulesOf(p.Fixed), ", "))
	}
	fmt.Fprintf(t, "\n%s\n", verdict(p))
	t.fresh(p)
}

// fresh sums up what a comparison found that was not there before.
func (t *text) fresh(p Page) {
	fresh := slices.DeleteFunc(slices.Clone(p.Findings), func(f finding.Finding) bool { return f.Status == finding.Known })
	t.summary(finding.NewReport(fresh, finding.Summary{
		Objects: p.Summary.Objects, Targets: p.Summary.Targets, Rules: p.Summary.Rules, Off: p.Summary.Off,
	}).Summary)
}

// Closing is what a page ends with, for people whose reports go to files: the verdict and the counts.
func Closing(p Page) string {
	var t text
	switch p.Verdict {
	case "":
		t.summary(p.Summary)
	case Compared:
		return ""
	default:
		t.WriteString(verdict(p))
		t.fresh(p)
	}
	return strings.TrimSpace(t.String())
}

func (t *text) section(title string, findings []finding.Finding) {
	if len(findings) == 0 {
		return
	}
	fmt.Fprintf(t, "\n%s\n", t.style.paint("1", title))
	for _, f := range findings {
		t.finding(f)
	}
}

// verdict says what happens, and why.
func verdict(p Page) string {
	var blocking []finding.Finding
	for _, f := range p.Findings {
		if p.Blocks(f) {
			blocking = append(blocking, f)
		}
	}
	if p.Verdict == Blocked {
		return fmt.Sprintf("blocked by %s: %s", count(len(blocking), "finding"), strings.Join(rulesOf(blocking), ", "))
	}
	return "passed"
}

// rulesOf names the rules of findings, each once.
func rulesOf(findings []finding.Finding) []string {
	var rules []string
	for _, f := range findings {
		if !slices.Contains(rules, f.Rule) {
			rules = append(rules, f.Rule)
		}
	}
	slices.Sort(rules)
	return rules
}

// changes writes the differences, object by object.
func (t *text) changes(p Page) {
	if len(p.Changes) == 0 {
		return
	}
	fmt.Fprintf(t, "\n%s\n", t.style.paint("1", "Changes"))
	rest, groups := grouped(p.Changes)
	for _, g := range groups {
		fmt.Fprintf(t, "%s\n", g.title(len(p.Targets)))
		for _, line := range g.kinds() {
			fmt.Fprintf(t, "  %s\n", line)
		}
		t.contents(g)
	}
	for _, o := range rest {
		fmt.Fprintf(t, "%s %s%s%s\n", o.Op, t.style.paint("1", o.Object.String()), inTargets(o.Targets, len(p.Targets)), from(o.Source, o.Op))
		t.content(o)
		for _, c := range o.Changes {
			t.change(c)
		}
	}
}

// manyLines is how long the contents of objects that came together may be in a text.
const manyLines = 1000

// contents writes what the objects of a group say, unless that is too long to be read here.
func (t *text) contents(g group) {
	lines := 0
	for _, o := range g.objects {
		lines += len(content(o))
	}
	if lines > manyLines {
		fmt.Fprintf(t, "  (%d lines in all: -o html and -o json show them)\n", lines)
		return
	}
	for _, o := range g.objects {
		if lines := content(o); len(lines) > 0 {
			fmt.Fprintf(t, "  %s%s\n", t.style.paint("1", o.Object.String()), from(o.Source, o.Op))
			t.content(o)
		}
	}
}

func (t *text) content(o diff.Object) {
	for _, line := range content(o) {
		t.side("+", line)
	}
}

// inTargets says where a change is: in (all 9 targets), or which.
func inTargets(list []finding.Target, all int) string {
	switch {
	case len(list) == 0:
		return ""
	case !slices.ContainsFunc(list, func(t finding.Target) bool { return t.Phase != "" }):
		return fmt.Sprintf(" (%s)", targets(list))
	case len(list) == all && all > 1:
		return fmt.Sprintf(" (in all %d targets)", all)
	case all == 1 && len(list) == 1: // the page is about this one
		return ""
	case all > 1:
		return fmt.Sprintf(" (in %d of %d targets: %s)", len(list), all, targets(list))
	}
	return fmt.Sprintf(" (%s)", targets(list))
}

// from says which line led to a change; that of a field that went is one of the base.
func from(source *finding.Position, op diff.Op) string {
	switch {
	case source == nil:
		return ""
	case op == diff.Removed:
		return "  was " + source.String()
	}
	return "  " + source.String()
}

func (t *text) change(c diff.Change) {
	fmt.Fprintf(t, "  %s %s%s\n", c.Op, c.Field, from(c.Source, c.Op))
	for _, line := range rows(c) {
		t.side(line[:1], line[1:])
	}
}

var sides = map[string]string{"-": "31", "+": "32", "@": "2", " ": "0"}

func (t *text) side(mark, line string) {
	painted := mark + " " + line
	if mark == "-" || mark == "+" {
		painted = t.style.paint("1;"+sides[mark], mark+" "+line)
	}
	fmt.Fprintf(t, "    %s\n", painted)
}
