package graph

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// unused reports what is declared and never used: whoever gives it believes that it matters.
func (g *graph) unused() {
	for _, o := range g.Objects {
		value := o.Value
		if o.Written != nil {
			value = o.Written // what does not decode may still use it
		}
		spec, _ := value["spec"].(map[string]any)
		switch {
		case o.Kind == "Task" && isTekton(o.APIVersion):
			g.unusedParams(o, spec, manifest.Path{"spec"}, "params")
			g.unusedWorkspaces(o, spec)
			g.undeclaredWorkspaces(o, spec)
		case o.Kind == "Pipeline" && isTekton(o.APIVersion):
			g.unusedParams(o, spec, manifest.Path{"spec"}, "params")
			g.unusedPipelineWorkspaces(o)
		case o.Kind == "TriggerTemplate":
			g.unusedParams(o, spec, manifest.Path{"spec"}, "tt.params")
		}
	}
}

// decisive are parameters that decide what runs or on what: who gives them and is ignored gets
// something else than asked for.
var decisive = regexp.MustCompile(`(?i)gpu|memory|cpu|revision|branch|commit|git-?(url|repo)|repo(sitory)?-?url|image|version`)

func (g *graph) unusedParams(o manifest.Object, spec map[string]any, at manifest.Path, prefix string) {
	text := textsOf(without(spec, "params"))
	each(spec, manifest.Path{"params"}, func(i int, p map[string]any) {
		name, _ := p["name"].(string)
		if name == "" || text.refersTo(prefix, name) {
			return
		}
		severity := finding.Warning
		if decisive.MatchString(name) && !isSwitch(name) {
			severity = finding.Error
		}
		g.add(o, "graph/param-unused", severity, at.Append("params", i, "name"),
			fmt.Sprintf("parameter %s of %s %s is declared and never used: what is given for it has no effect", name, o.Kind, o.Name),
			"use it, or remove it here and from whoever gives it")
	})
}

// isSwitch tells a parameter that only says how much is printed or kept.
func isSwitch(name string) bool {
	return strings.Contains(strings.ToLower(name), "verbose") || strings.Contains(strings.ToLower(name), "log")
}

func without(value map[string]any, key string) map[string]any {
	rest := make(map[string]any, len(value))
	for k, v := range value {
		if k != key {
			rest[k] = v
		}
	}
	return rest
}

// unusedWorkspaces reports workspaces of a task that no step reads or writes.
func (g *graph) unusedWorkspaces(o manifest.Object, spec map[string]any) {
	text := textsOf(without(spec, "workspaces"))
	bound, byReference := map[string]bool{}, false
	each(spec, manifest.Path{"steps"}, func(_ int, s map[string]any) {
		each(s, manifest.Path{"workspaces"}, func(_ int, b map[string]any) {
			if name, ok := b["name"].(string); ok {
				bound[name] = true
			}
		})
		byReference = byReference || s["ref"] != nil
	})
	each(spec, manifest.Path{"workspaces"}, func(i int, w map[string]any) {
		name, _ := w["name"].(string)
		path, _ := w["mountPath"].(string)
		used := name == "" || text.contains("workspaces."+name+".") || text.contains("/workspace/"+name) ||
			path != "" && text.contains(strings.TrimSuffix(path, "/"))
		if used || byReference || bound[name] || w["optional"] == true {
			return
		}
		g.add(o, "graph/workspace-unused", finding.Info, manifest.Path{"spec", "workspaces", i, "name"},
			"tasks declare workspaces that none of their steps uses", "use it by its path variable, or remove it")
	})
}

var workspaceVariable = regexp.MustCompile(`\$\(workspaces\.([A-Za-z0-9_-]+)\.(path|bound|claim|volume)\)`)

// undeclaredWorkspaces reports variables of workspaces that the task does not declare: Tekton
// leaves them as they are, so that the shell runs a command of that name.
func (g *graph) undeclaredWorkspaces(o manifest.Object, spec map[string]any) {
	declared := map[string]bool{}
	each(spec, manifest.Path{"workspaces"}, func(_ int, w map[string]any) {
		name, _ := w["name"].(string)
		declared[name] = true
	})
	for _, list := range []string{"steps", "sidecars"} {
		each(spec, manifest.Path{list}, func(i int, s map[string]any) {
			for _, m := range workspaceVariable.FindAllStringSubmatch(textOf(s), -1) {
				if declared[m[1]] {
					continue
				}
				declared[m[1]] = true // once a task
				f := g.add(o, "graph/workspace-undeclared", finding.Error, manifest.Path{"spec", list, i},
					fmt.Sprintf("the task uses workspace %s, which it does not declare: the variable is not filled in", m[1]),
					"declare it in the task's workspaces, and bind it in the pipeline")
				f.Quote = m[0]
			}
		})
	}
}

// unusedPipelineWorkspaces reports workspaces of a pipeline that no task gets.
func (g *graph) unusedPipelineWorkspaces(o manifest.Object) {
	pipeline, ok := as[pipelinev1.Pipeline](o.Value)
	if !ok || len(pipeline.Spec.Tasks) == 0 {
		return // a pipeline without tasks is a finding of its own
	}
	spec, _ := o.Value["spec"].(map[string]any)
	text := textsOf(spec)
	given := map[string]bool{}
	for _, t := range slices.Concat(pipeline.Spec.Tasks, pipeline.Spec.Finally) {
		for _, b := range t.Workspaces {
			given[outerName(b)] = true
		}
		if t.TaskSpec != nil {
			for _, inner := range t.TaskSpec.Workspaces {
				given[inner.Name] = true
			}
		}
	}
	for i, w := range pipeline.Spec.Workspaces {
		used := given[w.Name] || text.contains("workspaces."+w.Name+".") || text.contains("/workspace/"+w.Name)
		if !used && !w.Optional {
			g.add(o, "graph/workspace-unused", finding.Warning, manifest.Path{"spec", "workspaces", i, "name"},
				fmt.Sprintf("workspace %s of Pipeline %s is given to no task: runs have to bind it for nothing", w.Name, o.Name),
				"give it to the tasks that need it, or remove it")
		}
	}
}
