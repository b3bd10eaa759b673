// Package parity compares tenon's verdict on a single object with that of a real API server and
// of Tekton's webhooks.
package parity

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"

	"tenon.dev/tenon/internal/manifest"
)

// sample is one object, right or with one field changed.
type sample struct {
	value     map[string]any
	kind      string
	namespace string
	// change says what was done to it; empty for nothing.
	change string
}

// String names the sample in a message.
func (s sample) String() string {
	name, _ := manifest.Lookup(s.value, manifest.Path{"metadata", "name"})
	if s.change == "" {
		return fmt.Sprintf("%s %v as it is", s.kind, name)
	}
	return fmt.Sprintf("%s %v with %s", s.kind, name, s.change)
}

// perKind bounds how many objects of one kind are changed in all ways: the hundredth Deployment
// tells no more than the third.
const perKind = 4

// generate returns each object as it is, each once, and with each of its fields changed in turn.
func generate(objects []manifest.Object) []sample {
	var samples []sample
	seen := map[string]bool{}
	changed := map[string]int{}
	for _, o := range objects {
		text, err := json.Marshal(o.Value)
		if err != nil || seen[string(text)] {
			continue
		}
		seen[string(text)] = true
		kind := o.APIVersion + " " + o.Kind
		samples = append(samples, sample{value: o.Value, kind: o.Kind, namespace: o.Namespace})
		if changed[kind]++; changed[kind] > perKind {
			continue
		}
		for i, at := range fields(o.Value, nil) {
			// Each field is changed in one way, the next in the next: all would be ten thousands.
			change := changes[(i+changed[kind])%len(changes)]
			value := runtime.DeepCopyJSON(normal(o.Value))
			if what, ok := change(value, at); ok {
				samples = append(samples, sample{value: value, kind: o.Kind, namespace: o.Namespace, change: what})
			}
		}
	}
	return samples
}

// normal has the number types that a deep copy takes.
func normal(value map[string]any) map[string]any {
	text, err := json.Marshal(value)
	if err != nil {
		return value
	}
	var again map[string]any
	if json.Unmarshal(text, &again) != nil {
		return value
	}
	return again
}

// fields lists the paths to all fields of a value, in a fixed order. Names, namespaces, kinds and
// versions decide where an object is sent, and stay.
func fields(value any, at manifest.Path) []manifest.Path {
	var paths []manifest.Path
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			here := at.Append(key)
			if len(at) == 0 && (key == "apiVersion" || key == "kind") || len(at) == 1 && at[0] == "metadata" && key == "namespace" {
				continue
			}
			paths = append(paths, here)
			paths = append(paths, fields(v[key], here)...)
		}
	case []any:
		for i, item := range v {
			paths = append(paths, fields(item, at.Append(i))...)
		}
	}
	return paths
}

// changes are what a hand does wrong: a field left out, misspelt, of another type, out of range,
// empty.
var changes = []func(map[string]any, manifest.Path) (string, bool){
	func(value map[string]any, at manifest.Path) (string, bool) {
		parent, key := holder(value, at)
		delete(parent, key)
		return fmt.Sprintf("%s removed", at), true
	},
	func(value map[string]any, at manifest.Path) (string, bool) {
		parent, key := holder(value, at)
		parent[key+"x"] = parent[key]
		delete(parent, key)
		return fmt.Sprintf("%s renamed to %sx", at, key), true
	},
	func(value map[string]any, at manifest.Path) (string, bool) {
		parent, key := holder(value, at)
		switch parent[key].(type) {
		case string:
			parent[key] = map[string]any{"a": "b"}
		case map[string]any, []any:
			parent[key] = "text"
		default:
			parent[key] = "seven"
		}
		return fmt.Sprintf("%s = %v", at, parent[key]), true
	},
	func(value map[string]any, at manifest.Path) (string, bool) {
		parent, key := holder(value, at)
		switch parent[key].(type) {
		case string:
			parent[key] = "Not valid/!"
		case float64, int64:
			parent[key] = int64(-7)
		case []any:
			parent[key] = []any{}
		case map[string]any:
			parent[key] = map[string]any{}
		default:
			return "", false
		}
		return fmt.Sprintf("%s = %v", at, parent[key]), true
	},
	func(value map[string]any, at manifest.Path) (string, bool) {
		parent, key := holder(value, at)
		if _, isText := parent[key].(string); !isText {
			return "", false
		}
		parent[key] = ""
		return fmt.Sprintf("%s emptied", at), true
	},
}

// holder is the map that has the last element of a path.
func holder(value map[string]any, at manifest.Path) (map[string]any, string) {
	parent, _ := manifest.Lookup(value, at[:len(at)-1])
	m, _ := parent.(map[string]any)
	key, _ := at[len(at)-1].(string)
	return m, key
}
