package graph

import (
	"fmt"
	"maps"
	"slices"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	"github.com/tektoncd/pipeline/pkg/workspace"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// embeddedWorkspaces checks those of a task that stands in its pipeline: the ones of the run reach it by themselves where a
// step has their variable, and only there (tektoncd/pipeline v1.15.0, pkg/reconciler/pipelinerun/pipelinerun.go,
// propagateWorkspaces).
func (g *graph) embeddedWorkspaces(s step, in manifest.Object) {
	reached := reachedWorkspaces(s)
	for i, w := range s.task.Workspaces {
		if _, gets := reached[w.Name]; w.Optional || gets || g.defaultWorkspace() {
			continue
		}
		g.add(in, "graph/workspace-unbound", finding.Error, s.taskAt.Append("workspaces", i, "name"),
			fmt.Sprintf("task %s requires workspace %s, which is not bound to it, and of which no step has the variable: its run would fail", s.Name, w.Name),
			"bind it in workspaces of the pipeline's task, or use it by $(workspaces."+w.Name+".path)")
	}
}

// reachedWorkspaces are the workspaces of the pipeline or run that reach an embedded task, by the name that the task has for
// them.
func reachedWorkspaces(s step) map[string]string {
	reached := map[string]string{}
	if used, err := workspace.FindWorkspacesUsedByTask(*s.task); err == nil {
		for name := range used {
			reached[name] = name
		}
	}
	for _, b := range s.Workspaces {
		reached[b.Name] = outerName(b)
	}
	return reached
}

// givenByRun checks that a run binds the workspaces that its tasks take of it: what the pipeline requires is told as that.
func (g *graph) givenByRun(run pipelinev1.PipelineRun, spec *pipelinev1.PipelineSpec, s step, in manifest.Object) {
	reached := map[string]string{}
	if s.TaskSpec != nil {
		reached = reachedWorkspaces(s)
	}
	for i, b := range s.Workspaces {
		g.boundByRun(run, spec, s, b.Name, outerName(b), in, s.at.Append("workspaces", i))
		delete(reached, b.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(reached)) {
		g.boundByRun(run, spec, s, name, reached[name], in, s.taskAt.Append("steps"))
	}
}

func (g *graph) boundByRun(run pipelinev1.PipelineRun, spec *pipelinev1.PipelineSpec, s step, name, outer string, in manifest.Object, at manifest.Path) {
	bound := slices.ContainsFunc(run.Spec.Workspaces, func(b pipelinev1.WorkspaceBinding) bool { return b.Name == outer })
	optional := slices.ContainsFunc(s.task.Workspaces, func(w pipelinev1.WorkspaceDeclaration) bool { return w.Name == name && w.Optional })
	required := slices.ContainsFunc(spec.Workspaces, func(w pipelinev1.PipelineWorkspaceDeclaration) bool { return w.Name == outer && !w.Optional })
	if bound || optional || required || variable(outer) { // what the pipeline requires is asked of the run as that
		return
	}
	g.add(in, "graph/workspace-unbound", finding.Error, at,
		fmt.Sprintf("task %s takes workspace %s, which the run does not bind: the run would fail when the task is due", s.Name, outer),
		"bind it in workspaces of the run, or name a workspace that it binds")
}
