package graph

import (
	"index/suffixarray"
	"maps"
	"slices"
	"strings"
)

// texts are all strings of a value, searched for names. Whoever asks for many is answered by an index, which takes
// longer to make than one search: no count of names makes it quadratic.
type texts struct {
	text  string
	read  int
	index *suffixarray.Index
}

// worthIndex is how many bytes are read before an index is made.
const worthIndex = 64 << 20

func (t *texts) contains(part string) bool {
	if t.index != nil {
		return len(t.index.Lookup([]byte(part), 1)) > 0
	}
	if t.read += len(t.text); t.read > worthIndex {
		t.index = suffixarray.New([]byte(t.text))
	}
	return strings.Contains(t.text, part)
}

// refersTo tells whether there is a variable of Tekton for a name, in any of its notations
// (https://tekton.dev/docs/pipelines/tasks/#using-variable-substitution).
func (t *texts) refersTo(prefix, name string) bool {
	for _, p := range []string{prefix, "inputs." + prefix} {
		for _, notation := range []string{p + "." + name, p + `["` + name + `"]`, p + "['" + name + "']"} {
			variable := "$(" + notation
			if !t.contains(variable) {
				continue
			}
			for _, end := range []string{")", ".", "["} {
				if t.contains(variable + end) {
					return true
				}
			}
		}
	}
	return false
}

// textsOf are the strings of a value, below each other in the order of their keys.
func textsOf(value any) *texts { return &texts{text: textOf(value)} }

// textOf writes all strings of a value below each other.
func textOf(value any) string {
	var b strings.Builder
	var write func(any)
	write = func(v any) {
		switch x := v.(type) {
		case string:
			b.WriteString(x)
			b.WriteByte('\n')
		case []any:
			for _, item := range x {
				write(item)
			}
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(x)) {
				b.WriteString(key)
				b.WriteByte('\n')
				write(x[key])
			}
		}
	}
	write(value)
	return b.String()
}
