package graph

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// step is one task of a pipeline with what it resolves to.
type step struct {
	pipelinev1.PipelineTask
	at   manifest.Path
	task *pipelinev1.TaskSpec
	// in is the object that the task is written in, taskAt where.
	in     manifest.Object
	taskAt manifest.Path
}

// checkRun looks at a run as Tekton's controller will, after admission.
func (g *graph) checkRun(r Run) {
	if r.Object.Kind == "TaskRun" {
		g.checkTaskRun(r)
		return
	}
	spec, in, at, missing := g.pipelineOf(r)
	if missing != "" {
		g.unresolved(r.Owner, "graph/pipeline-not-found", r.At.Append("spec", "pipelineRef", "name"),
			fmt.Sprintf("there is no Pipeline %s%s", missing, within(r.Object.Namespace)),
			pick("name one that exists", g.names("Pipeline", r.Object.Namespace)))
	}
	if spec == nil {
		return
	}
	run, _ := as[pipelinev1.PipelineRun](r.Object.Value)
	if run.Spec.PipelineSpec != nil {
		g.checkSteps(spec, in, at)
	}
	steps := g.steps(spec, in, at)
	g.runParams(r, run, spec)
	g.runWorkspaces(r, run, spec)
	for _, s := range steps {
		g.claims(run, s, in)
		g.givenByRun(run, spec, s, in)
	}
	g.specNames(r, run, spec)
	g.timeouts(r, run, spec, in, at)
	g.fanOut(run, steps, in)
	g.place(r, run, steps)
}

// pipelines checks what pipelines give to their tasks, whether or not a run uses them.
func (g *graph) pipelines() {
	for _, o := range g.Objects {
		if o.Kind != "Pipeline" || !isTekton(o.APIVersion) {
			continue
		}
		if pipeline, ok := as[pipelinev1.Pipeline](o.Value); ok {
			g.checkSteps(&pipeline.Spec, o, manifest.Path{"spec"})
		}
	}
}

func (g *graph) checkSteps(spec *pipelinev1.PipelineSpec, in manifest.Object, at manifest.Path) {
	steps := g.steps(spec, in, at)
	for _, s := range steps {
		g.stepParams(s, in, spec)
		g.stepWorkspaces(s, in)
		g.stepResults(s, in, steps)
	}
	g.pipelineResults(spec, in, at, steps)
	g.attempts(spec, in, at)
}

// steps resolves the tasks of a pipeline; those that do not resolve are left out.
func (g *graph) steps(spec *pipelinev1.PipelineSpec, in manifest.Object, at manifest.Path) []step {
	var steps []step
	add := func(list string, tasks []pipelinev1.PipelineTask) {
		for i, t := range tasks {
			s := step{PipelineTask: t, at: at.Append(list, i)}
			switch {
			case t.TaskSpec != nil:
				s.task, s.in, s.taskAt = &t.TaskSpec.TaskSpec, in, s.at.Append("taskSpec")
			case t.TaskRef != nil:
				o, found := g.only(in, "Task", in.Namespace, t.TaskRef.Name)
				if task := g.task(o); found && task != nil {
					s.task, s.in, s.taskAt = &task.Spec, o, manifest.Path{"spec"}
				}
			}
			if s.task != nil {
				steps = append(steps, s)
			}
		}
	}
	add("tasks", spec.Tasks)
	add("finally", spec.Finally)
	return steps
}

// task decodes a Task, which several questions ask about, once; nil where it does not decode.
func (g *graph) task(o manifest.Object) *pipelinev1.Task {
	id := reflect.ValueOf(o.Value).Pointer() // files may hold several objects of one name
	if known, ok := g.tasks[id]; ok {
		return known
	}
	var decoded *pipelinev1.Task
	if task, ok := as[pipelinev1.Task](o.Value); ok {
		decoded = &task
	}
	g.tasks[id] = decoded
	return decoded
}

func (g *graph) runWorkspaces(r Run, run pipelinev1.PipelineRun, spec *pipelinev1.PipelineSpec) {
	for _, w := range spec.Workspaces {
		bound := slices.ContainsFunc(run.Spec.Workspaces, func(b pipelinev1.WorkspaceBinding) bool { return b.Name == w.Name })
		if !w.Optional && !bound {
			g.add(r.Owner, "graph/workspace-unbound", finding.Error, r.At.Append("spec", "workspaces"),
				fmt.Sprintf("the pipeline requires workspace %s, which the run does not bind", w.Name),
				"bind it in the run, or make it optional in the pipeline")
		}
	}
	if run.Spec.PipelineSpec != nil {
		g.providedWorkspaces(r, run, spec)
	}
}

// providedWorkspaces finds tasks of an embedded pipeline that bind a workspace which neither the pipeline declares nor the run
// provides: of a Pipeline the webhook says so, of this the controller, once the run is there
// (tektoncd/pipeline, pkg/reconciler/pipelinerun/pipelinerun.go, getTaskrunWorkspaces).
func (g *graph) providedWorkspaces(r Run, run pipelinev1.PipelineRun, spec *pipelinev1.PipelineSpec) {
	there := map[string]bool{}
	for _, w := range spec.Workspaces {
		there[w.Name] = true
	}
	for _, b := range run.Spec.Workspaces {
		there[b.Name] = true
	}
	for list, tasks := range map[string][]pipelinev1.PipelineTask{"tasks": spec.Tasks, "finally": spec.Finally} {
		for i, t := range tasks {
			for j, b := range t.Workspaces {
				if name := outerName(b); !there[name] && !strings.Contains(name, "$(") {
					g.add(r.Owner, "graph/workspace-unbound", finding.Error, r.At.Append("spec", "pipelineSpec", list, i, "workspaces", j),
						fmt.Sprintf("task %s takes the workspace %s, which neither the pipeline declares nor the run provides", t.Name, name),
						"declare it in pipelineSpec.workspaces and bind it in the run, or correct the name")
				}
			}
		}
	}
}

// declared is where the task of a step declares one of its parameters or workspaces.
func (s step) declared(list string, i int) []finding.Cause {
	return []finding.Cause{{Object: *s.in.Ref(), Field: s.taskAt.Append(list, i).String()}}
}

// defaultWorkspace tells whether Tekton is configured to bind what a TaskRun leaves unbound
// (default-task-run-workspace-binding, https://tekton.dev/docs/pipelines/additional-configs/).
func (g *graph) defaultWorkspace() bool {
	return slices.ContainsFunc(g.byKey[key{"ConfigMap", "config-defaults"}], func(o manifest.Object) bool {
		data, _ := lookupMap(o.Value, "data")
		binding, _ := data["default-task-run-workspace-binding"].(string)
		return binding != ""
	})
}

func (g *graph) stepWorkspaces(s step, in manifest.Object) {
	if s.TaskSpec != nil {
		g.embeddedWorkspaces(s, in)
		return
	}
	for i, w := range s.task.Workspaces {
		bound := slices.ContainsFunc(s.Workspaces, func(b pipelinev1.WorkspacePipelineTaskBinding) bool { return b.Name == w.Name })
		if !w.Optional && !bound && !g.defaultWorkspace() {
			f := g.add(in, "graph/workspace-unbound", finding.Error, s.at.Append("workspaces"),
				fmt.Sprintf("task %s requires workspace %s, which %s does not bind", s.TaskRef.Name, w.Name, s.Name),
				"bind it to a workspace of the pipeline, or make it optional in the task")
			f.Causes = s.declared("workspaces", i)
		}
	}
	for i, b := range s.Workspaces {
		if !slices.ContainsFunc(s.task.Workspaces, func(w pipelinev1.WorkspaceDeclaration) bool { return w.Name == b.Name }) {
			g.add(in, "graph/workspace-unknown", finding.Error, s.at.Append("workspaces", i, "name"),
				fmt.Sprintf("task %s declares no workspace %s: the run would fail validation", s.TaskRef.Name, b.Name),
				"remove the binding, or declare the workspace in the task")
		}
	}
}

// claims counts the claims that a TaskRun would bind. Under the affinity assistant there may
// be one (tektoncd/pipeline, pkg/workspace/validate.go, ValidateOnlyOnePVCIsUsed).
func (g *graph) claims(run pipelinev1.PipelineRun, s step, in manifest.Object) {
	if !g.assistantPerWorkspace() {
		return
	}
	var claims, names []string
	for _, b := range s.Workspaces {
		outer := outerName(b)
		if id := claimOf(run, outer); id != "" && !slices.Contains(claims, id) {
			claims, names = append(claims, id), append(names, outer)
		}
	}
	g.manyClaims(in, s.at.Append("workspaces"), s.Name, claims, names)
}

func (g *graph) manyClaims(o manifest.Object, at manifest.Path, who string, claims, names []string) {
	if len(claims) < 2 || !g.assistantPerWorkspace() {
		return
	}
	g.add(o, "graph/two-claims", finding.Error, at,
		fmt.Sprintf("%s binds %d claims, by workspaces %s: with the affinity assistant a TaskRun may bind one, and is refused when it is due",
			who, len(claims), strings.Join(names, ", ")),
		"bind both to folders of one claim, mount one as a volume of the task, or set coschedule in Tekton's feature-flags and facts.tekton")
}

// assistantPerWorkspace tells whether Tekton keeps the pods that share a claim on one node.
func (g *graph) assistantPerWorkspace() bool {
	return cmp.Or(g.Facts.Tekton.Coschedule, "workspaces") == "workspaces"
}

// outerName is the pipeline's workspace that a task's is bound to: in the short form the one
// of the same name.
func outerName(b pipelinev1.WorkspacePipelineTaskBinding) string { return cmp.Or(b.Workspace, b.Name) }

// claimOf returns an id of the claim that a run binds to a pipeline's workspace, or nothing
// where it binds none.
func claimOf(run pipelinev1.PipelineRun, workspace string) string {
	for _, b := range run.Spec.Workspaces {
		if b.Name == workspace {
			return claimID(b)
		}
	}
	return ""
}

func claimID(b pipelinev1.WorkspaceBinding) string {
	switch {
	case b.PersistentVolumeClaim != nil:
		return "claim " + b.PersistentVolumeClaim.ClaimName
	case b.VolumeClaimTemplate != nil:
		return "template " + b.Name
	}
	return ""
}

// specNames checks that taskRunSpecs name tasks of the pipeline: Tekton fails the run.
func (g *graph) specNames(r Run, run pipelinev1.PipelineRun, spec *pipelinev1.PipelineSpec) {
	tasks := slices.Concat(spec.Tasks, spec.Finally)
	for i, s := range run.Spec.TaskRunSpecs {
		known := slices.ContainsFunc(tasks, func(t pipelinev1.PipelineTask) bool { return t.Name == s.PipelineTaskName })
		if !known {
			g.add(r.Owner, "graph/task-run-spec-unknown", finding.Error, r.At.Append("spec", "taskRunSpecs", i, "pipelineTaskName"),
				fmt.Sprintf("the pipeline has no task %s: the run would fail", s.PipelineTaskName), "name a task of the pipeline")
		}
	}
}
