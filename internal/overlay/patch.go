package overlay

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// operation is one step of a JSON 6902 patch.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

// difference lists the operations that make lower into upper: field by field, elements of
// lists of the same length by index, other lists as a whole, so that a reader sees what
// changes and the order of the operations is that of the keys.
func difference(lower, upper any, at string) []operation {
	if reflect.DeepEqual(lower, upper) {
		return nil
	}
	switch u := upper.(type) {
	case map[string]any:
		if l, ok := lower.(map[string]any); ok {
			return differenceOfMaps(l, u, at)
		}
	case []any:
		if l, ok := lower.([]any); ok && len(l) == len(u) {
			var operations []operation
			for i := range u {
				operations = append(operations, difference(l[i], u[i], at+"/"+strconv.Itoa(i))...)
			}
			return operations
		}
	}
	return []operation{{"replace", at, upper}}
}

func differenceOfMaps(lower, upper map[string]any, at string) []operation {
	keys := map[string]bool{}
	for k := range lower {
		keys[k] = true
	}
	for k := range upper {
		keys[k] = true
	}
	sorted := make([]string, 0, len(keys))
	for k := range keys {
		sorted = append(sorted, k)
	}
	slices.Sort(sorted)
	var operations []operation
	for _, k := range sorted {
		l, had := lower[k]
		u, has := upper[k]
		here := at + "/" + pointer.Replace(k)
		switch {
		case had && !has:
			operations = append(operations, operation{"remove", here, nil})
		case !had && has:
			operations = append(operations, operation{"add", here, u})
		default:
			operations = append(operations, difference(l, u, here)...)
		}
	}
	return operations
}

// pointer escapes a key for a JSON pointer (RFC 6901).
var pointer = strings.NewReplacer("~", "~0", "/", "~1")

// marshalPatch writes a patch as JSON: in YAML a bare y would become a boolean.
func marshalPatch(operations []operation) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(operations)
	return b.Bytes(), err
}
