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
			g.unusedOfTask(o, spec, manifest.Path{"spec"}, "Task "+o.Name)
		case o.Kind == "Pipeline" && isTekton(o.APIVersion):
			g.unusedParams(o, spec, manifest.Path{"spec"}, "params", "Pipeline "+o.Name)
			g.unusedPipelineWorkspaces(o)
			g.unusedOfEmbedded(o, spec, manifest.Path{"spec"})
		case isRun(o):
			g.unusedOfRun(o, spec, manifest.Path{"spec"})
		case o.Kind == "TriggerTemplate":
			g.unusedParams(o, spec, manifest.Path{"spec"}, "tt.params", "TriggerTemplate "+o.Name)
			each(spec, manifest.Path{"resourcetemplates"}, func(i int, run map[string]any) {
				inner, _ := run["spec"].(map[string]any)
				g.unusedOfRun(o, inner, manifest.Path{"spec", "resourcetemplates", i, "spec"})
			})
		}
	}
}

// unusedOfTask looks at the specification of one task.
func (g *graph) unusedOfTask(o manifest.Object, spec map[string]any, at manifest.Path, who string) {
	g.unusedParams(o, spec, at, "params", who)
	g.unusedWorkspaces(o, spec, at)
	g.undeclaredWorkspaces(o, spec, at)
	g.unwrittenResults(o, spec, at, who)
}

// unusedOfRun looks at what is written into a run.
func (g *graph) unusedOfRun(o manifest.Object, spec map[string]any, at manifest.Path) {
	if pipeline, ok := spec["pipelineSpec"].(map[string]any); ok {
		here := at.Append("pipelineSpec")
		g.unusedParams(o, pipeline, here, "params", "the pipeline of the run")
		g.unusedOfEmbedded(o, pipeline, here)
	}
	if task, ok := spec["taskSpec"].(map[string]any); ok {
		here, who := at.Append("taskSpec"), "the task of the run"
		g.unusedParams(o, task, here, "params", who)
		g.unusedWorkspaces(o, task, here)
		g.unwrittenResults(o, task, here, who) // the workspaces of the run reach its task by themselves
	}
}

// unusedOfEmbedded looks at the tasks that are written into a pipeline.
func (g *graph) unusedOfEmbedded(o manifest.Object, pipeline map[string]any, at manifest.Path) {
	for _, list := range []string{"tasks", "finally"} {
		each(pipeline, manifest.Path{list}, func(i int, t map[string]any) {
			spec, ok := t["taskSpec"].(map[string]any)
			if !ok || spec["steps"] == nil {
				return // a custom task has a specification of its own
			}
			here, who := at.Append(list, i, "taskSpec"), fmt.Sprintf("task %v", t["name"])
			g.unusedParams(o, spec, here, "params", who)
			g.unusedWorkspaces(o, spec, here)
			g.unwrittenResults(o, spec, here, who)
		})
	}
}

// givenProgram fits a line of a script that a parameter is the whole of, or the name of a result that is put together: what
// is written there nobody sees here.
var givenProgram = regexp.MustCompile(`(?m)^\s*\$\(params[.\[][^()]*\)\s*$|\$\(results\.[\w-]*\$`)

// unwrittenResults finds results that a task declares and no step of it writes.
func (g *graph) unwrittenResults(o manifest.Object, spec map[string]any, at manifest.Path, who string) {
	text := textsOf(map[string]any{"steps": spec["steps"], "sidecars": spec["sidecars"], "stepTemplate": spec["stepTemplate"]})
	byReference, unread := false, false
	each(spec, manifest.Path{"steps"}, func(_ int, s map[string]any) {
		byReference = byReference || s["ref"] != nil
		unread = unread || s["script"] == nil // a program that may write any
	})
	if byReference || unread || text.contains("/tekton/results") || text.contains("/tekton/run") || givenProgram.MatchString(text.text) {
		return
	}
	each(spec, manifest.Path{"results"}, func(i int, r map[string]any) {
		name, _ := r["name"].(string)
		if name == "" || r["value"] != nil || text.contains("results."+name+".path") || text.contains(`results["`+name) || text.contains("results['"+name) || text.contains("results."+name+")") {
			return
		}
		g.add(o, "graph/result-unwritten", finding.Warning, at.Append("results", i, "name"),
			fmt.Sprintf("result %s of %s is declared, and no step writes it: what takes it fails", name, who), "write it to $(results."+name+".path), or take it out")
	})
}

// decisive are parameters that decide what runs or on what: who gives them and is ignored gets
// something else than asked for.
var decisive = regexp.MustCompile(`(?i)gpu|memory|cpu|revision|branch|commit|git-?(url|repo)|repo(sitory)?-?url|image|version`)

func (g *graph) unusedParams(o manifest.Object, spec map[string]any, at manifest.Path, prefix, who string) {
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
			fmt.Sprintf("parameter %s of %s is declared and never used: what is given for it has no effect", name, who),
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
func (g *graph) unusedWorkspaces(o manifest.Object, spec map[string]any, at manifest.Path) {
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
		g.add(o, "graph/workspace-unused", finding.Info, at.Append("workspaces", i, "name"),
			"tasks declare workspaces that none of their steps uses", "use it by its path variable, or remove it")
	})
}

var workspaceVariable = regexp.MustCompile(`\$\(workspaces\.([A-Za-z0-9_-]+)\.(path|bound|claim|volume)\)`)

// undeclaredWorkspaces reports variables of workspaces that the task does not declare: Tekton
// leaves them as they are, so that the shell runs a command of that name.
func (g *graph) undeclaredWorkspaces(o manifest.Object, spec map[string]any, at manifest.Path) {
	declared := map[string]bool{}
	each(spec, manifest.Path{"workspaces"}, func(_ int, w map[string]any) {
		name, _ := w["name"].(string)
		declared[name] = true
	})
	for _, list := range []string{"steps", "sidecars"} {
		each(spec, manifest.Path{list}, func(i int, s map[string]any) {
			for _, m := range workspaceVariable.FindAllStringSubmatch(textOf(withoutComments(s)), -1) {
				if declared[m[1]] {
					continue
				}
				declared[m[1]] = true // once a task
				f := g.add(o, "graph/workspace-undeclared", finding.Error, at.Append(list, i),
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
