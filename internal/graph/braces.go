package graph

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// roots are what variables of Tekton begin with.
const roots = `(?:tt\.params|params|workspaces|tasks|results|context|steps)`

// braced fits a variable with other braces than Tekton's, and halved one that lacks one of both.
var (
	braced = regexp.MustCompile(`\$\{(` + roots + `\.[\w.-]+)\}`)
	halved = regexp.MustCompile(`\$(` + roots + `\.[\w.-]+)\)|\$\((` + roots + `\.[\w.-]+)(?:[^\w.\-)\[]|$)`)
)

// braces reports texts that look like variables of Tekton and are none: nothing is put in their place. Scripts are left to
// the shell, which says so.
func (g *graph) braces() {
	for _, o := range g.Objects {
		if !isTekton(o.APIVersion) && o.Kind != "TriggerTemplate" {
			continue
		}
		eachText(o.Value["spec"], manifest.Path{"spec"}, func(text string, at manifest.Path) { g.brace(o, text, at) })
	}
}

// noVariables are the fields in which Tekton substitutes nothing, or a shell does.
var noVariables = []string{"script", "description", "displayName", "cel", "annotations", "labels"}

func eachText(value any, at manifest.Path, visit func(string, manifest.Path)) {
	switch v := value.(type) {
	case string:
		visit(v, at)
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if !slices.Contains(noVariables, key) {
				eachText(v[key], at.Append(key), visit)
			}
		}
	case []any:
		for i, item := range v {
			eachText(item, at.Append(i), visit)
		}
	}
}

func (g *graph) brace(o manifest.Object, text string, at manifest.Path) {
	if !strings.Contains(text, "$") || strings.Contains(text, "\n") {
		return // a program of several lines
	}
	for _, form := range []*regexp.Regexp{braced, halved} {
		for _, m := range form.FindAllStringSubmatch(text, -1) {
			name := strings.Join(m[1:], "")
			f := g.add(o, "graph/variable-form", finding.Error, at, fmt.Sprintf("%q is no variable of Tekton: nothing is put in its place", strings.TrimSpace(m[0])), fmt.Sprintf("write $(%s)", name))
			f.Quote = m[0]
		}
	}
}
