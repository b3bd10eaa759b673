package gate

import (
	"slices"
	"strings"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/report"
)

// matrix is the state of every target of the head.
func (g *gate) matrix(p report.Page, changes []diff.Object) []report.Target {
	all := Targets(g.head.Environments, p.Findings)
	for i, t := range all {
		objects := map[string]bool{}
		for _, o := range changes {
			if slices.Contains(o.Targets, t.Target) {
				objects[o.Object.Namespace+"/"+o.Object.String()] = true
			}
		}
		all[i].Changed = len(objects)
	}
	return all
}

// Targets counts the findings of each target.
func Targets(environments []check.Environment, found []finding.Finding) []report.Target {
	var all []report.Target
	for _, e := range environments {
		for _, t := range e.Targets {
			state := report.Target{
				Target: t.Target, Current: t.Phase == e.Current, TrafficPercent: e.State.Phases[t.Phase].TrafficPercent, Objects: len(t.Objects),
			}
			for _, f := range found {
				if f.Waiver != nil || !slices.Contains(f.Targets, t.Target) {
					continue
				}
				switch f.Severity {
				case finding.Error:
					state.Errors++
				case finding.Warning:
					state.Warnings++
				}
				if f.Status == finding.New {
					state.New++
				}
			}
			all = append(all, state)
		}
	}
	return all
}

// pictures draws the head's pipelines, with what changed in them, and its pools.
func (g *gate) pictures(changes []diff.Object) ([]report.Pipeline, []report.Pool) {
	return Pictures(g.head.Environments, changes)
}

// Platform is what the platform of the environments is called; empty without one.
func Platform(environments []check.Environment) string {
	if len(environments) == 0 {
		return ""
	}
	return environments[0].State.Name
}

// Pictures draws the pipelines and the pools of environments. A pipeline that several targets have is
// drawn once, as the first has it.
func Pictures(environments []check.Environment, changes []diff.Object) ([]report.Pipeline, []report.Pool) {
	var pipelines []report.Pipeline
	var pools []report.Pool
	drawn := map[string]bool{}
	for _, e := range environments {
		pools = append(pools, poolsOf(e)...)
		for _, t := range e.Targets {
			for _, o := range t.Objects {
				if o.Kind != "Pipeline" || drawn[o.Namespace+"/"+o.Name] {
					continue
				}
				drawn[o.Namespace+"/"+o.Name] = true
				if p, ok := pipeline(o, e, changes); ok {
					pipelines = append(pipelines, p)
				}
			}
		}
	}
	return pipelines, pools
}

func pipeline(o manifest.Object, e check.Environment, changes []diff.Object) (report.Pipeline, bool) {
	var p pipelinev1.Pipeline
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Value, &p); err != nil {
		return report.Pipeline{}, false
	}
	drawn := report.Pipeline{Name: o.Name}
	all := pipelinev1.PipelineTaskList(p.Spec.Tasks).Deps()
	for _, t := range p.Spec.Tasks {
		node := node(t, o.Name, e, changes)
		node.After = all[t.Name]
		slices.Sort(node.After)
		drawn.Tasks = append(drawn.Tasks, node)
	}
	for _, t := range p.Spec.Finally {
		node := node(t, o.Name, e, changes)
		node.Finally = true
		drawn.Tasks = append(drawn.Tasks, node)
	}
	return drawn, true
}

func node(t pipelinev1.PipelineTask, in string, e check.Environment, changes []diff.Object) report.PipelineTask {
	n := report.PipelineTask{Name: t.Name}
	task := ""
	if t.TaskRef != nil {
		task = t.TaskRef.Name
		n.Pool = e.State.Tasks[task].Pool
	}
	for _, o := range changes {
		switch {
		case o.Object.Kind == "Task" && o.Object.Name == task:
			n.Change = diff.Changed
		case o.Object.Kind == "Pipeline" && o.Object.Name == in:
			for _, c := range o.Changes {
				if !strings.Contains(c.Field, "[name="+t.Name+"]") {
					continue
				}
				n.Change = diff.Changed
				if strings.HasSuffix(c.Field, "[name="+t.Name+"]") && c.Op == diff.Added {
					n.Change = diff.Added
				}
			}
		}
	}
	return n
}

// poolsOf lists the pools of an environment with the tasks that are placed on each.
func poolsOf(e check.Environment) []report.Pool {
	var all []report.Pool
	for name, p := range e.State.Pools {
		pool := report.Pool{Environment: e.Name, Name: name, Max: p.Nodes.Max}
		if p.GPU != nil {
			pool.GPU = p.GPU.Model
		}
		for task, t := range e.State.Tasks {
			if t.Pool == name || slices.Contains(t.OrPools, name) {
				pool.Tasks = append(pool.Tasks, task)
			}
		}
		slices.Sort(pool.Tasks)
		all = append(all, pool)
	}
	slices.SortFunc(all, func(a, b report.Pool) int { return strings.Compare(a.Name, b.Name) })
	return all
}
