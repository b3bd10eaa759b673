package report

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"sigs.k8s.io/yaml"

	change "tenon.dev/tenon/internal/diff"
)

// rows are the lines by which a change is shown, each behind a mark: - and + for the two sides, @ and a
// blank for what stands around them. Nothing that changed is left out.
func rows(c change.Change) []string {
	before, wasLong := several(c.Before)
	after, isLong := several(c.After)
	switch {
	case c.Op == change.Added:
		return marked("+", after)
	case c.Op == change.Removed:
		return marked("-", before)
	case wasLong || isLong:
		return unified(before, after)
	}
	before, after = middle(before, after)
	return append(marked("-", before), marked("+", after)...)
}

func marked(mark, text string) []string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = mark + line
	}
	return lines
}

// maxShown is how long a value may be that is shown on one line.
const maxShown = 300

// several writes a value as people read it: a text as it is, what is short on one line, and else as
// YAML. It tells whether there are several lines.
func several(value any) (text string, long bool) {
	if text, ok := value.(string); ok {
		text = strings.TrimSuffix(text, "\n")
		return text, strings.Contains(text, "\n")
	}
	data, _ := json.Marshal(value)
	if len(data) <= maxShown {
		return string(data), false
	}
	lines, err := yaml.JSONToYAML(data)
	if err != nil {
		return string(data), false
	}
	return strings.TrimSuffix(string(lines), "\n"), true
}

// unified compares two texts line by line.
func unified(before, after string) []string {
	all := strings.Split(strings.TrimSuffix(string(diff.Diff("a", []byte(before+"\n"), "b", []byte(after+"\n"))), "\n"), "\n")
	if len(all) < headerLines { // what differs is hidden, or the end of the last line
		return []string{" (the same but for what is hidden, or for the end of the last line)"}
	}
	return slices.DeleteFunc(all[headerLines:], func(line string) bool { return line == "" })
}

// headerLines name the two sides: diff a b, --- a, +++ b. Lines of a text may begin the same.
const headerLines = 3

// beside is how many bytes of a long value are shown beside what differs.
const beside = 60

// middle cuts from two long values what they have in common at both ends, less a little.
func middle(before, after string) (string, string) {
	if len(before) <= maxShown && len(after) <= maxShown {
		return before, after
	}
	start, end := 0, 0
	for start < min(len(before), len(after)) && before[start] == after[start] {
		start++
	}
	for end < min(len(before), len(after))-start && before[len(before)-1-end] == after[len(after)-1-end] {
		end++
	}
	start, end = max(0, start-beside), max(0, end-beside)
	cut := func(text string) string {
		shown := strings.ToValidUTF8(text[start:len(text)-end], "")
		if start > 0 {
			shown = "..." + shown
		}
		if end > 0 {
			shown += "..."
		}
		return shown
	}
	return cut(before), cut(after)
}

// content are the lines of an object that came.
func content(o change.Object) []string {
	if len(o.Value) == 0 {
		return nil
	}
	text, err := yaml.Marshal(o.Value)
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}
