package helm

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"text/template/parse"

	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// A mark is two characters that no text has: they say the file and the line that a piece of a template stands in. A chart
// is rendered twice, with marks and without: what is checked is what has none, and both have the same lines.
const (
	markFile = rune(0xF0000)
	markLine = rune(0x100000)
	mostMark = 0xFFF0
)

var mark = regexp.MustCompile(`[\x{F0000}-\x{FFFFD}][\x{100000}-\x{10FFFD}]`)

// templates are the files that templates stand in by what Helm calls them.
func (l *loader) templates(c *chart.Chart) map[string]string {
	all := map[string]string{}
	for _, t := range c.Templates {
		file := path.Join(l.name, strings.TrimPrefix(path.Join(c.ChartFullPath(), t.Name), c.Root().Name()))
		if dir, ok := l.dirs[t]; ok {
			file = l.show(path.Join(dir, t.Name))
		}
		all[path.Join(c.ChartFullPath(), t.Name)] = file
	}
	for _, below := range c.Dependencies() {
		maps.Copy(all, l.templates(below))
	}
	return all
}

// marked renders the chart with marks; what fails then has no lines.
func (l *loader) marked(values common.Values) map[string]string {
	l.marks(l.chart)
	texts, err := l.run(values, false)
	if err != nil {
		return nil
	}
	return texts
}

func (l *loader) marks(c *chart.Chart) {
	for i, t := range c.Templates {
		index, _ := slices.BinarySearch(l.keys, path.Join(c.ChartFullPath(), t.Name))
		if index < mostMark {
			c.Templates[i] = &common.File{Name: t.Name, Data: marked(t.Name, string(t.Data), index)}
		}
	}
	for _, below := range c.Dependencies() {
		l.marks(below)
	}
}

// marked writes a template anew with a mark at the start of each line of its text.
func marked(name, text string, file int) []byte {
	tree := parse.New(name)
	tree.Mode = parse.SkipFuncCheck
	trees := map[string]*parse.Tree{}
	if _, err := tree.Parse(text, "", "", trees); err != nil {
		return []byte(text)
	}
	m := marker{text: text, file: file}
	var out strings.Builder
	for _, key := range slices.Sorted(maps.Keys(trees)) {
		if key == name {
			continue
		}
		m.list(trees[key].Root, false)
		out.WriteString("{{define " + quoted(key) + "}}" + trees[key].Root.String() + "{{end}}")
	}
	if tree.Root != nil {
		m.list(tree.Root, true)
		out.WriteString(tree.Root.String())
	}
	return []byte(out.String())
}

func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text) + `"`
}

// marker puts marks into the text of a template.
type marker struct {
	text string
	file int
}

// list marks the texts of a list of nodes. Their starts, and where something is put in, are marked where nothing cuts or
// compares what is rendered, as is done with what a define gives.
func (m marker) list(list *parse.ListNode, start bool) {
	if list == nil {
		return
	}
	var nodes []parse.Node
	for _, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.TextNode:
			m.mark(n, start)
		case *parse.IfNode:
			m.list(n.List, start)
			m.list(n.ElseList, start)
		case *parse.RangeNode:
			m.list(n.List, start)
			m.list(n.ElseList, start)
		case *parse.WithNode:
			m.list(n.List, start)
			m.list(n.ElseList, start)
		case *parse.ActionNode, *parse.TemplateNode:
			if at := m.at(m.line(n.Position())); start {
				nodes = append(nodes, &parse.TextNode{NodeType: parse.NodeText, Text: []byte(at)})
			}
		}
		nodes = append(nodes, node)
	}
	list.Nodes = nodes
}

// line is that of a place in the template.
func (m marker) line(at parse.Pos) int {
	return 1 + strings.Count(m.text[:min(int(at), len(m.text))], "\n")
}

// at is the mark of a line.
func (m marker) at(line int) string {
	if line >= mostMark {
		return ""
	}
	return string([]rune{markFile + rune(m.file), markLine + rune(line)})
}

func (m marker) mark(n *parse.TextNode, start bool) {
	line := m.line(n.Pos)
	var out strings.Builder
	for i, piece := range strings.SplitAfter(string(n.Text), "\n") {
		if i > 0 || start {
			out.WriteString(m.at(line + i))
		}
		out.WriteString(piece)
	}
	n.Text = []byte(out.String())
}

// origins are the places of the lines of what a template rendered. Where its marks do not fit, as behind a function that
// reads what another rendered, all are the template's first.
func (l *loader) origins(file, plain, text string) []finding.Position {
	count := strings.Count(plain, "\n") + 1
	places := make([]finding.Position, count)
	for i := range places {
		places[i] = finding.Position{File: file, Line: 1}
	}
	lines := strings.Split(text, "\n")
	if len(lines) != count {
		return places
	}
	last := places[0]
	for i, line := range lines {
		found := mark.FindAllString(line, -1)
		for j, m := range found {
			runes := []rune(m)
			at := finding.Position{Line: int(runes[1] - markLine)}
			if index := int(runes[0] - markFile); index < len(l.keys) {
				at.File = l.shown[l.keys[index]]
			}
			if j == 0 {
				places[i] = at
			}
			last = at
		}
		if len(found) == 0 {
			places[i] = last
		}
	}
	return places
}

// traced parses what a template rendered; what is found and said of it is about the template's lines.
func traced(file, text string, places []finding.Position) manifest.Parsed {
	parsed := manifest.Parse(file, []byte(text))
	for i, f := range parsed.Findings {
		if f.Source != nil {
			at := moved(*f.Source, places)
			parsed.Findings[i].Source = &at
		}
		for j, r := range f.Related {
			parsed.Findings[i].Related[j] = moved(r, places)
		}
		parsed.Findings[i].Message = strings.Replace(f.Message, "the document does not parse", "what the template renders does not parse", 1)
	}
	for i, o := range parsed.Objects {
		parsed.Objects[i].Origin = origin{o.Origin, places}
	}
	return parsed
}

// moved is a place of what was rendered in the template.
func moved(at finding.Position, places []finding.Position) finding.Position {
	if at.Line < 1 || at.Line > len(places) {
		return at
	}
	return places[at.Line-1]
}

// origin tells where the fields of an object that a template rendered stand in it.
type origin struct {
	rendered manifest.Origin
	places   []finding.Position
}

// Trace gives the line of the template that a field was rendered from.
func (o origin) Trace(field manifest.Path, text string) []manifest.Place {
	all := slices.Clone(o.rendered.Trace(field, text))
	for i, p := range all {
		all[i].Position = moved(p.Position, o.places)
		if p.Text > 0 {
			all[i].Text = moved(finding.Position{Line: p.Text}, o.places).Line
		}
	}
	return all
}
