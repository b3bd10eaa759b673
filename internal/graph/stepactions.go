package graph

import (
	"fmt"
	"slices"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// stepActions checks what the steps of a task give to the StepActions that they name: Tekton looks when a run starts
// (tektoncd/pipeline v1.15.0, pkg/reconciler/taskrun/resources/taskspec.go, GetStepActionsData).
func (g *graph) stepActions(o manifest.Object, spec map[string]any, at manifest.Path) {
	each(spec, manifest.Path{"steps"}, func(i int, s map[string]any) {
		ref, _ := s["ref"].(map[string]any)
		name, _ := ref["name"].(string)
		if name == "" || variable(name) || ref["resolver"] != nil {
			return
		}
		here := at.Append("steps", i)
		if !g.has(o, "StepAction", o.Namespace, name) {
			g.unresolved(o, "graph/step-action-not-found", here.Append("ref", "name"), fmt.Sprintf("there is no StepAction %s%s", name, within(o.Namespace)),
				pick("name one that exists", g.names("StepAction", o.Namespace)))
			return
		}
		if action, only := g.only(o, "StepAction", o.Namespace, name); only {
			g.stepActionParams(o, s, here, action)
			g.stepResultsOf(o, spec, at, s, action)
		}
	})
}

func (g *graph) stepActionParams(o manifest.Object, s map[string]any, at manifest.Path, action manifest.Object) {
	var declared []string
	given := map[string]bool{}
	each(s, manifest.Path{"params"}, func(_ int, p map[string]any) { given[fmt.Sprint(p["name"])] = true })
	each(action.Value, manifest.Path{"spec", "params"}, func(_ int, p map[string]any) {
		name := fmt.Sprint(p["name"])
		declared = append(declared, name)
		if p["default"] == nil && !given[name] {
			g.add(o, "graph/param-missing", finding.Error, at.Append("params"), fmt.Sprintf("StepAction %s requires parameter %s, which step %v does not give", action.Name, name, s["name"]),
				"give it, or give it a default in the StepAction")
		}
	})
	each(s, manifest.Path{"params"}, func(i int, p map[string]any) {
		if name, _ := p["name"].(string); name != "" && !slices.Contains(declared, name) {
			g.add(o, "graph/param-unknown", finding.Error, at.Append("params", i, "name"), fmt.Sprintf("StepAction %s has no parameter %s: the run would fail", action.Name, name),
				pick("use one that it has", declared))
		}
	})
}

// stepResultsOf checks that the results which a task takes of a step are ones that its StepAction has.
func (g *graph) stepResultsOf(o manifest.Object, spec map[string]any, at manifest.Path, s map[string]any, action manifest.Object) {
	var declared []string
	each(action.Value, manifest.Path{"spec", "results"}, func(_ int, r map[string]any) { declared = append(declared, fmt.Sprint(r["name"])) })
	prefix := fmt.Sprintf("%v.results.", s["name"])
	told := map[string]bool{}
	for _, m := range variableForm.FindAllStringSubmatch(textOf(spec), -1) {
		if m[1] != "steps" || len(m[2]) <= len(prefix) || m[2][:len(prefix)] != prefix {
			continue
		}
		name := firstName(m[2][len(prefix):])
		if slices.Contains(declared, name) || told[name] {
			continue
		}
		told[name] = true
		f := g.add(o, "graph/result-not-found", finding.Error, at, fmt.Sprintf("StepAction %s of step %v declares no result %s", action.Name, s["name"], name), pick("use one that it has", declared))
		f.Quote = m[0]
	}
}
