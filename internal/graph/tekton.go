package graph

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
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
	spec, in, at, missing := g.pipelineOf(r)
	if missing != "" {
		g.unresolved(r.Owner, "graph/pipeline-not-found", r.At.Append("spec", "pipelineRef", "name"),
			fmt.Sprintf("there is no Pipeline %s%s", missing, within(r.Object.Namespace)),
			"name one that exists: "+listOrNone(g.names("Pipeline", r.Object.Namespace)))
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
	}
	g.specNames(r, run, spec)
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
		g.stepParams(s, in)
		g.stepWorkspaces(s, in)
		g.stepResults(s, in, steps)
	}
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
				if task, ok := as[pipelinev1.Task](o.Value); found && ok {
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

// runParams checks that a run gives the pipeline what it requires.
func (g *graph) runParams(r Run, run pipelinev1.PipelineRun, spec *pipelinev1.PipelineSpec) {
	for _, p := range spec.Params {
		i := slices.IndexFunc(run.Spec.Params, func(q pipelinev1.Param) bool { return q.Name == p.Name })
		p.SetDefaults(context.Background()) // a type that is not stated follows from the default value
		if i >= 0 && run.Spec.Params[i].Value.Type != p.Type {
			g.add(r.Owner, "graph/param-type", finding.Error, r.At.Append("spec", "params", i, "value"),
				fmt.Sprintf("parameter %s is of type %s, and the run gives a value of type %s", p.Name, p.Type, run.Spec.Params[i].Value.Type),
				"give a value of the declared type, or change the type in the pipeline")
		}
		if p.Default == nil && i < 0 {
			g.add(r.Owner, "graph/param-missing", finding.Error, r.At.Append("spec", "params"),
				fmt.Sprintf("the pipeline requires parameter %s, which the run does not give", p.Name), "give it, or give it a default in the pipeline")
		}
	}
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
}

// stepParams checks that a pipeline task gives its task what that requires, and nothing that
// it does not know: Tekton ignores the latter silently, so the task runs on its default.
func (g *graph) stepParams(s step, in manifest.Object) {
	if s.TaskSpec != nil {
		return // parameters reach an embedded task by themselves
	}
	given := slices.Clone(s.Params)
	if s.Matrix != nil {
		given = append(given, s.Matrix.GetAllParams()...)
	}
	for i, p := range s.task.Params {
		if p.Default == nil && !slices.ContainsFunc(given, func(q pipelinev1.Param) bool { return q.Name == p.Name }) {
			f := g.add(in, "graph/param-missing", finding.Error, s.at.Append("params"),
				fmt.Sprintf("task %s requires parameter %s, which %s does not give", s.TaskRef.Name, p.Name, s.Name),
				"give it, or give it a default in the task")
			f.Causes = s.declared("params", i)
		}
	}
	for i, p := range s.Params {
		if !slices.ContainsFunc(s.task.Params, func(q pipelinev1.ParamSpec) bool { return q.Name == p.Name }) {
			g.add(in, "graph/param-unknown", finding.Warning, s.at.Append("params", i, "name"),
				fmt.Sprintf("task %s has no parameter %s: the value goes nowhere", s.TaskRef.Name, p.Name),
				"use one that it has: "+listOrNone(paramNames(s.task.Params)))
		}
	}
}

// declared is where the task of a step declares one of its parameters or workspaces.
func (s step) declared(list string, i int) []finding.Cause {
	return []finding.Cause{{Object: *s.in.Ref(), Field: s.taskAt.Append(list, i).String()}}
}

func paramNames(specs []pipelinev1.ParamSpec) []string {
	var names []string
	for _, p := range specs {
		names = append(names, p.Name)
	}
	return names
}

func (g *graph) stepWorkspaces(s step, in manifest.Object) {
	if s.TaskSpec != nil {
		return // workspaces reach an embedded task by themselves
	}
	for i, w := range s.task.Workspaces {
		bound := slices.ContainsFunc(s.Workspaces, func(b pipelinev1.WorkspacePipelineTaskBinding) bool { return b.Name == w.Name })
		if !w.Optional && !bound {
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

var resultReference = regexp.MustCompile(`\$\(tasks\.([^.)]+)\.results\.([^.)\[]+)`)

// stepResults checks that every result a parameter takes is one that its task declares.
func (g *graph) stepResults(s step, in manifest.Object, steps []step) {
	type use struct {
		value pipelinev1.ParamValue
		at    manifest.Path
	}
	var uses []use
	for i, p := range s.Params {
		uses = append(uses, use{p.Value, s.at.Append("params", i, "value")})
	}
	if s.Matrix != nil {
		for i, p := range s.Matrix.Params {
			uses = append(uses, use{p.Value, s.at.Append("matrix", "params", i, "value")})
		}
	}
	for i, w := range s.When {
		uses = append(uses, use{pipelinev1.ParamValue{StringVal: w.Input, ArrayVal: w.Values}, s.at.Append("when", i)})
	}
	for _, u := range uses {
		for _, text := range append([]string{u.value.StringVal}, u.value.ArrayVal...) {
			for _, m := range resultReference.FindAllStringSubmatch(text, -1) {
				producer := slices.IndexFunc(steps, func(other step) bool { return other.Name == m[1] })
				if producer < 0 {
					continue // Tekton's own validation reports an unknown task
				}
				declared := slices.ContainsFunc(steps[producer].task.Results, func(r pipelinev1.TaskResult) bool { return r.Name == m[2] })
				if !declared {
					g.add(in, "graph/result-not-found", finding.Error, u.at,
						fmt.Sprintf("task %s declares no result %s: the run would fail when %s is due", m[1], m[2], s.Name),
						"declare the result in the task, or take one that it has")
				}
			}
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
	if len(claims) > 1 {
		g.add(in, "graph/two-claims", finding.Error, s.at.Append("workspaces"),
			fmt.Sprintf("%s binds %d claims, by workspaces %s: with the affinity assistant a TaskRun may bind one, and is refused when it is due",
				s.Name, len(claims), strings.Join(names, ", ")),
			"bind both to folders of one claim, mount one as a volume of the task, or set coschedule in Tekton's feature-flags and facts.tekton")
	}
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
		switch {
		case b.Name != workspace:
		case b.PersistentVolumeClaim != nil:
			return "claim " + b.PersistentVolumeClaim.ClaimName
		case b.VolumeClaimTemplate != nil:
			return "template " + b.Name
		}
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
