package graph

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// runParams checks that a run gives the pipeline what it requires, in the type that it declares.
func (g *graph) runParams(r Run, run pipelinev1.PipelineRun, spec *pipelinev1.PipelineSpec) {
	g.given(r, run.Spec.Params, spec.Params, "the pipeline")
	if run.Spec.PipelineSpec != nil {
		return // what an embedded pipeline does not declare reaches its tasks all the same
	}
	g.unknownParams(r.Owner, r.At.Append("spec", "params"), run.Spec.Params, spec.Params, "the pipeline")
}

// given checks the parameters of a run against those that are declared.
func (g *graph) given(r Run, params pipelinev1.Params, specs pipelinev1.ParamSpecs, who string) {
	for _, p := range specs {
		i := slices.IndexFunc(params, func(q pipelinev1.Param) bool { return q.Name == p.Name })
		p.SetDefaults(context.Background()) // a type that is not stated follows from the default value
		if i >= 0 && params[i].Value.Type != p.Type && !wholeArray.MatchString(params[i].Value.StringVal) {
			g.add(r.Owner, "graph/param-type", finding.Error, r.At.Append("spec", "params", i, "value"),
				fmt.Sprintf("parameter %s is of type %s, and the run gives a value of type %s", p.Name, p.Type, params[i].Value.Type),
				"give a value of the declared type, or change the type in "+who)
		}
		if p.Default == nil && i < 0 {
			g.add(r.Owner, "graph/param-missing", finding.Error, r.At.Append("spec", "params"),
				fmt.Sprintf("%s requires parameter %s, which the run does not give", who, p.Name), "give it, or give it a default in "+who)
		}
		if i >= 0 {
			g.missingKeys(r.Owner, r.At.Append("spec", "params", i, "value"), p, params[i].Value)
		}
	}
}

// missingKeys checks that an object parameter gets all its keys.
func (g *graph) missingKeys(in manifest.Object, at manifest.Path, spec pipelinev1.ParamSpec, value pipelinev1.ParamValue) {
	if spec.Type != pipelinev1.ParamTypeObject || value.Type != pipelinev1.ParamTypeObject {
		return
	}
	for key := range spec.Properties {
		_, given := value.ObjectVal[key]
		defaulted := false
		if spec.Default != nil {
			_, defaulted = spec.Default.ObjectVal[key]
		}
		if !given && !defaulted {
			g.add(in, "graph/param-missing", finding.Error, at,
				fmt.Sprintf("object parameter %s requires key %s, which is not given", spec.Name, key), "give it, or give it a default")
		}
	}
}

// unknownParams reports what nobody declares: Tekton ignores it silently, so that the task runs
// on its default (https://tekton.dev/docs/pipelines/pipelineruns/#specifying-parameters).
func (g *graph) unknownParams(in manifest.Object, at manifest.Path, params pipelinev1.Params, specs pipelinev1.ParamSpecs, who string) {
	for i, p := range params {
		if !slices.ContainsFunc(specs, func(q pipelinev1.ParamSpec) bool { return q.Name == p.Name }) {
			g.add(in, "graph/param-unknown", finding.Warning, at.Append(i, "name"),
				fmt.Sprintf("%s has no parameter %s: the value goes nowhere", who, p.Name),
				pick("use one that it has", paramNames(specs)))
		}
	}
}

// stepParams checks that a pipeline task gives its task what that requires, and nothing that
// it does not know.
func (g *graph) stepParams(s step, in manifest.Object, pipeline *pipelinev1.PipelineSpec) {
	if s.TaskSpec != nil {
		g.embeddedParams(s, in, pipeline)
		return
	}
	for i, p := range s.task.Params {
		if p.Default == nil && !s.gives(p.Name) {
			f := g.add(in, "graph/param-missing", finding.Error, s.at.Append("params"),
				fmt.Sprintf("task %s requires parameter %s, which %s does not give", s.TaskRef.Name, p.Name, s.Name),
				"give it, or give it a default in the task")
			f.Causes = s.declared("params", i)
		}
		j := slices.IndexFunc(s.Params, func(q pipelinev1.Param) bool { return q.Name == p.Name })
		if j < 0 {
			continue
		}
		p.SetDefaults(context.Background())
		at := s.at.Append("params", j, "value")
		if got := typeOf(s.Params[j].Value, pipeline); got != p.Type && got != "" {
			f := g.add(in, "graph/param-type", finding.Error, at,
				fmt.Sprintf("parameter %s of task %s is of type %s, and %s gives a value of type %s", p.Name, s.TaskRef.Name, p.Type, s.Name, got),
				"give a value of the declared type; a whole array is $(params.name[*])")
			f.Causes = s.declared("params", i)
		}
		g.missingKeys(in, at, p, s.Params[j].Value)
	}
	g.unknownParams(in, s.at.Append("params"), s.Params, s.task.Params, "task "+s.TaskRef.Name)
}

// embeddedParams checks those of a task that stands in its pipeline: parameters of the pipeline, and of its run, reach it
// by themselves (https://tekton.dev/docs/pipelines/pipelineruns/#propagated-parameters).
func (g *graph) embeddedParams(s step, in manifest.Object, pipeline *pipelinev1.PipelineSpec) {
	known := func(specs pipelinev1.ParamSpecs, name string) bool {
		return slices.ContainsFunc(specs, func(q pipelinev1.ParamSpec) bool { return q.Name == name })
	}
	for i, p := range s.task.Params {
		if p.Default == nil && !s.gives(p.Name) && !known(pipeline.Params, p.Name) && !g.runGives(in, p.Name) {
			g.add(in, "graph/param-missing", finding.Error, s.taskAt.Append("params", i, "name"),
				fmt.Sprintf("task %s requires parameter %s, which nothing gives: its run would fail", s.Name, p.Name), "give it, or give it a default")
		}
	}
	value, _ := manifest.Lookup(in.Value, s.taskAt)
	text := textOf(value)
	for i, p := range s.Params {
		if !known(s.task.Params, p.Name) && !strings.Contains(text, "params."+p.Name) && !strings.Contains(text, `params["`+p.Name) && !strings.Contains(text, "params['"+p.Name) {
			g.add(in, "graph/param-unknown", finding.Warning, s.at.Append("params", i, "name"),
				fmt.Sprintf("task %s has no parameter %s: the value goes nowhere", s.Name, p.Name), pick("use one that it has", paramNames(s.task.Params)))
		}
	}
}

// runGives tells whether a run that holds its pipeline gives a parameter.
func (g *graph) runGives(in manifest.Object, name string) bool {
	given := false
	each(in.Value, manifest.Path{"spec", "params"}, func(_ int, p map[string]any) { given = given || p["name"] == name })
	if in.Kind != "PipelineRun" {
		given = given || in.Kind != "Pipeline" // a template of runs, of which the values are not known
	}
	return given
}

// gives tells whether a pipeline task gives a parameter, by itself or in its matrix.
func (s step) gives(name string) bool {
	given := slices.Clone(s.Params)
	if s.Matrix != nil {
		given = append(given, s.Matrix.GetAllParams()...)
		for _, include := range s.Matrix.Include {
			given = append(given, include.Params...)
		}
	}
	return slices.ContainsFunc(given, func(q pipelinev1.Param) bool { return q.Name == name })
}

// wholeArray is a reference to all of an array or object.
var wholeArray = regexp.MustCompile(`^\$\((params|tasks)[^()]*\[\*\]\)$`)

// typeOf tells the type that a value has once its variables are filled in; empty where that is
// not known.
func typeOf(value pipelinev1.ParamValue, pipeline *pipelinev1.PipelineSpec) pipelinev1.ParamType {
	if strings.HasPrefix(value.StringVal, "$(tasks.") {
		return ""
	}
	if value.Type != pipelinev1.ParamTypeString || !wholeArray.MatchString(value.StringVal) {
		return value.Type
	}
	name := strings.TrimSuffix(strings.TrimPrefix(value.StringVal, "$(params."), "[*])")
	for _, p := range pipeline.Params {
		if p.Name == name {
			p.SetDefaults(context.Background())
			return p.Type
		}
	}
	return "" // a result: its task may make it an array or an object
}

func paramNames(specs []pipelinev1.ParamSpec) []string {
	var names []string
	for _, p := range specs {
		names = append(names, p.Name)
	}
	return names
}
