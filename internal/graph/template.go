package graph

import (
	"fmt"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// templates checks what Triggers takes of templates and bindings without a word, and that does not work when an event comes.
func (g *graph) templates() {
	for _, o := range g.ofKind("TriggerTemplate") {
		spec, _ := o.Value["spec"].(map[string]any)
		g.paramTwice(o, spec)
		each(spec, manifest.Path{"resourcetemplates"}, func(i int, resource map[string]any) {
			if _, stated := manifest.Lookup(resource, manifest.Path{"metadata", "resourceVersion"}); stated {
				g.add(o, "graph/template-resource-version", finding.Error, manifest.Path{"spec", "resourcetemplates", i, "metadata", "resourceVersion"},
					"the template states a resourceVersion: the API server creates no object that has one", "leave it out, as all that kubectl get adds")
			}
		})
	}
	for _, kind := range []string{"TriggerBinding", "ClusterTriggerBinding"} {
		for _, o := range g.ofKind(kind) {
			each(o.Value, manifest.Path{"spec", "params"}, func(i int, p map[string]any) {
				if name, _ := p["name"].(string); name != "" && p["value"] == nil {
					g.add(o, "graph/binding-without-value", finding.Warning, manifest.Path{"spec", "params", i},
						fmt.Sprintf("parameter %s has no value: runs get an empty text", name), "give it one, such as $(body.field), or leave it out so that the template's default holds")
				}
			})
		}
	}
}

// paramTwice finds parameters of a template that are declared twice.
func (g *graph) paramTwice(o manifest.Object, spec map[string]any) {
	seen := map[string]bool{}
	each(spec, manifest.Path{"params"}, func(i int, p map[string]any) {
		name, _ := p["name"].(string)
		if name != "" && seen[name] {
			g.add(o, "graph/param-twice", finding.Warning, manifest.Path{"spec", "params", i, "name"},
				fmt.Sprintf("parameter %s is declared twice: which default holds nobody says", name), "declare it once")
		}
		seen[name] = true
	})
}

// displayNames checks the variables in what runs are shown by: Tekton fills them in, and looks at none of them before.
func (g *graph) displayNames(o manifest.Object, spec map[string]any) {
	declared := map[string]bool{}
	each(spec, manifest.Path{"params"}, func(_ int, p map[string]any) { declared[fmt.Sprint(p["name"])] = true })
	tasks := map[string]bool{}
	for _, list := range []string{"tasks", "finally"} {
		each(spec, manifest.Path{list}, func(_ int, t map[string]any) { tasks[fmt.Sprint(t["name"])] = true })
	}
	for _, list := range []string{"tasks", "finally"} {
		each(spec, manifest.Path{list}, func(i int, t map[string]any) {
			g.eachVariable(o, t["displayName"], manifest.Path{"spec", list, i, "displayName"}, func(root, rest string) string {
				first := firstName(rest)
				switch {
				case root == "params" && first == rest && !declared[first]:
					return "the pipeline declares no parameter " + first
				case root == "tasks" && !tasks[first]:
					return "the pipeline has no task " + first
				}
				return ""
			})
		})
	}
}
