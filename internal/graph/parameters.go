package graph

import (
	"fmt"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// becomeText finds lists and maps of parameters that Tekton reads as one text: those with an element that is no text, such as
// a number (ParamValue.UnmarshalJSON of pkg/apis/pipeline/v1/param_types.go).
func (g *graph) becomeText() {
	for _, o := range g.Objects {
		if isTekton(o.APIVersion) || o.Kind == "TriggerTemplate" {
			g.textsWithin(o, o.Value, nil)
		}
	}
}

func (g *graph) textsWithin(o manifest.Object, value any, at manifest.Path) {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if key == "params" {
				g.paramTexts(o, inner, at.Append(key))
			}
			g.textsWithin(o, inner, at.Append(key))
		}
	case []any:
		for i, inner := range v {
			g.textsWithin(o, inner, at.Append(i))
		}
	}
}

func (g *graph) paramTexts(o manifest.Object, list any, at manifest.Path) {
	params, _ := list.([]any)
	for i, item := range params {
		p, _ := item.(map[string]any)
		for _, field := range []string{"default", "value"} {
			if kind, _ := p["type"].(string); kind != "" && kind != "string" {
				continue // what it becomes has another type than is declared, which is told
			}
			what, element := mixed(p[field])
			if what == "" {
				continue
			}
			g.add(o, "graph/param-becomes-text", finding.Warning, at.Append(i, field),
				fmt.Sprintf("Tekton reads the %s of parameter %v as one text, since %v in it is none: the task gets brackets and all", what, p["name"], element), "write each element in quotes")
		}
	}
}

// mixed is what a value is that has an element which is no text, and the first of these; empty where it has none.
func mixed(value any) (what string, element any) {
	switch v := value.(type) {
	case []any:
		for _, e := range v {
			if _, isText := e.(string); !isText {
				return "list", e
			}
		}
	case map[string]any:
		for key, e := range v {
			if _, isText := e.(string); !isText {
				return "map", key
			}
		}
	}
	return "", nil
}

// givenInVain finds parameters that a run gives to the pipeline which is written in it, and that this neither declares nor
// uses: Tekton takes them, since they reach embedded tasks by their names alone.
func (g *graph) givenInVain(r Run) {
	pipeline, ok := lookupMap(r.Object.Value, "spec", "pipelineSpec")
	if !ok {
		return
	}
	text := textsOf(pipeline)
	declared := map[string]bool{}
	each(pipeline, manifest.Path{"params"}, func(_ int, p map[string]any) { declared[fmt.Sprint(p["name"])] = true })
	each(r.Object.Value, manifest.Path{"spec", "params"}, func(i int, p map[string]any) {
		name, _ := p["name"].(string)
		if name != "" && !declared[name] && !text.refersTo("params", name) {
			g.add(r.Owner, "graph/param-unused", finding.Info, r.At.Append("spec", "params", i, "name"), fmt.Sprintf("parameter %s is given, and nothing in the pipeline of the run uses it", name), "use it, or leave it out")
		}
	})
}
