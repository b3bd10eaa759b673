package graph

import (
	"maps"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/manifest"
)

// each visits the maps in the list at a path of a value.
func each(value any, at manifest.Path, visit func(int, map[string]any)) {
	found, ok := manifest.Lookup(value, at)
	if !ok {
		return
	}
	list, _ := found.([]any)
	for i, item := range list {
		if m, ok := item.(map[string]any); ok {
			visit(i, m)
		}
	}
}

func lookupMap(value map[string]any, at ...any) (map[string]any, bool) {
	found, ok := manifest.Lookup(value, at)
	if !ok {
		return nil, false
	}
	m, ok := found.(map[string]any)
	return m, ok
}

func mapKeys(value any) []string {
	m, _ := value.(map[string]any)
	return slices.Sorted(maps.Keys(m))
}

// variable tells whether a text is filled in later, by Tekton or by a template.
func variable(text string) bool {
	return strings.Contains(text, "$(") || strings.Contains(text, placeholder)
}

func isTekton(apiVersion string) bool { return strings.HasPrefix(apiVersion, "tekton.dev/") }

// within says in which namespace something was looked for, where the object names one.
func within(namespace string) string {
	if namespace == "" {
		return ""
	}
	return " in namespace " + namespace
}
