package graph

import (
	"fmt"
	"slices"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// checkTaskRun looks at a run of a single task as Tekton's controller will, after admission.
func (g *graph) checkTaskRun(r Run) {
	run, ok := as[pipelinev1.TaskRun](r.Object.Value)
	if !ok {
		return
	}
	s, found := g.taskOf(r, run)
	if !found {
		return
	}
	g.given(r, run.Spec.Params, s.task.Params, "the task")
	if run.Spec.TaskSpec == nil {
		g.unknownParams(r.Owner, r.At.Append("spec", "params"), run.Spec.Params, s.task.Params, "the task")
	}
	g.taskRunWorkspaces(r, run, s)
	g.placeTaskRun(r, run, s)
}

// taskOf gives the task that a run executes, as the only step of a pipeline that has no other.
func (g *graph) taskOf(r Run, run pipelinev1.TaskRun) (step, bool) {
	s := step{at: r.At.Append("spec")}
	s.Name = "the run"
	switch {
	case run.Spec.TaskSpec != nil:
		s.task, s.in, s.taskAt = run.Spec.TaskSpec, r.Owner, r.At.Append("spec", "taskSpec")
		return s, true
	case run.Spec.TaskRef != nil && run.Spec.TaskRef.Resolver == "":
		o, found := g.only(r.Owner, "Task", r.Object.Namespace, run.Spec.TaskRef.Name)
		task := g.task(o)
		if !found || task == nil {
			return s, false
		}
		s.task, s.in, s.taskAt = &task.Spec, o, manifest.Path{"spec"}
		return s, true
	}
	return s, false
}

func (g *graph) taskRunWorkspaces(r Run, run pipelinev1.TaskRun, s step) {
	at := r.At.Append("spec", "workspaces")
	for _, w := range s.task.Workspaces {
		bound := slices.ContainsFunc(run.Spec.Workspaces, func(b pipelinev1.WorkspaceBinding) bool { return b.Name == w.Name })
		if !w.Optional && !bound && !g.defaultWorkspace() {
			g.add(r.Owner, "graph/workspace-unbound", finding.Error, at,
				fmt.Sprintf("the task requires workspace %s, which the run does not bind", w.Name), "bind it, or make it optional in the task")
		}
	}
	var claims, names []string
	for i, b := range run.Spec.Workspaces {
		declared := slices.ContainsFunc(s.task.Workspaces, func(w pipelinev1.WorkspaceDeclaration) bool { return w.Name == b.Name })
		if !declared && run.Spec.TaskSpec == nil {
			g.add(r.Owner, "graph/workspace-unknown", finding.Error, at.Append(i, "name"),
				fmt.Sprintf("the task declares no workspace %s: the run would fail validation", b.Name), "remove the binding, or declare the workspace in the task")
		}
		if id := claimID(b); id != "" && declared && !slices.Contains(claims, id) {
			claims, names = append(claims, id), append(names, b.Name)
		}
	}
	g.manyClaims(r.Owner, at, "the run", claims, names)
}
