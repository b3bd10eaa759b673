//lint:file-ignore SA1019 v1beta1 is still served, and its manifests are still checked

package typed

import (
	"context"
	"encoding/json"
	"strings"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	pipelinev1beta1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1beta1"
	"knative.dev/pkg/apis"

	"tenon.dev/tenon/internal/manifest"
)

// Upgrade returns an object of tekton.dev/v1beta1 as Tekton stores it, in the fields of v1, by
// Tekton's own conversion; others, and what does not convert, are returned as they are. The
// object keeps its apiVersion, so that findings name what is written; Written gives its fields
// back.
func Upgrade(o manifest.Object) manifest.Object {
	if o.APIVersion != "tekton.dev/v1beta1" {
		return o
	}
	var from, to apis.Convertible
	switch o.Kind {
	case "Task":
		from, to = &pipelinev1beta1.Task{}, &pipelinev1.Task{}
	case "Pipeline":
		from, to = &pipelinev1beta1.Pipeline{}, &pipelinev1.Pipeline{}
	case "TaskRun":
		from, to = &pipelinev1beta1.TaskRun{}, &pipelinev1.TaskRun{}
	case "PipelineRun":
		from, to = &pipelinev1beta1.PipelineRun{}, &pipelinev1.PipelineRun{}
	default:
		return o
	}
	value, err := convert(o.Value, from, to)
	if err != nil {
		return o
	}
	o.Value = value
	return o
}

func convert(value map[string]any, from, to apis.Convertible) (map[string]any, error) {
	raw, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(raw, from)
	}
	if err == nil {
		err = from.ConvertTo(context.Background(), to)
	}
	if err == nil {
		raw, err = json.Marshal(to)
	}
	var converted map[string]any
	if err == nil {
		err = json.Unmarshal(raw, &converted)
	}
	return converted, err
}

// written are the names that fields of v1 have in v1beta1
// (https://tekton.dev/docs/pipelines/migrating-v1beta1-to-v1/).
var written = strings.NewReplacer(
	".computeResources", ".resources",
	".taskRunTemplate.", ".",
	".timeouts.pipeline", ".timeout",
	".stepSpecs", ".stepOverrides",
	".sidecarSpecs", ".sidecarOverrides",
)

// Written gives the path of a field as an object writes it that Upgrade returned.
func Written(apiVersion, field string) string {
	if apiVersion != "tekton.dev/v1beta1" {
		return field
	}
	field = written.Replace(field)
	if strings.Contains(field, "taskRunSpecs[") {
		field = strings.NewReplacer("].serviceAccountName", "].taskServiceAccountName", "].podTemplate", "].taskPodTemplate").Replace(field)
	}
	return field
}
