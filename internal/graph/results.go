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

var resultReference = regexp.MustCompile(`\$\(tasks\.([^.)]+)\.results\.([^.)\[]+)`)

// stepResults checks that every result a task takes is one that its producer declares.
func (g *graph) stepResults(s step, in manifest.Object, steps []step) {
	for i, p := range s.Params {
		g.result(p.Value, s.at.Append("params", i, "value"), s.Name, in, steps)
	}
	if s.Matrix != nil {
		for i, p := range s.Matrix.Params {
			g.result(p.Value, s.at.Append("matrix", "params", i, "value"), s.Name, in, steps)
		}
	}
	for i, w := range s.When {
		g.result(pipelinev1.ParamValue{StringVal: w.Input, ArrayVal: w.Values}, s.at.Append("when", i), s.Name, in, steps)
	}
}

// pipelineResults checks what a pipeline takes from its tasks as its own results.
func (g *graph) pipelineResults(spec *pipelinev1.PipelineSpec, in manifest.Object, at manifest.Path, steps []step) {
	for i, r := range spec.Results {
		g.result(r.Value, at.Append("results", i, "value"), "result "+r.Name, in, steps)
	}
}

func (g *graph) result(value pipelinev1.ParamValue, at manifest.Path, who string, in manifest.Object, steps []step) {
	texts := append([]string{value.StringVal}, value.ArrayVal...)
	for _, text := range value.ObjectVal {
		texts = append(texts, text)
	}
	for _, m := range resultReference.FindAllStringSubmatch(strings.Join(texts, "\n"), -1) {
		producer := slices.IndexFunc(steps, func(other step) bool { return other.Name == m[1] })
		if producer < 0 {
			continue // Tekton's own validation reports an unknown task
		}
		declared := slices.ContainsFunc(steps[producer].task.Results, func(r pipelinev1.TaskResult) bool { return r.Name == m[2] })
		if !declared {
			g.add(in, "graph/result-not-found", finding.Error, at,
				fmt.Sprintf("task %s declares no result %s: the run would fail when %s is due", m[1], m[2], who),
				"declare the result in the task, or take one that it has")
		}
	}
}
