//lint:file-ignore SA1019 v1beta1 is still served, and its manifests are still checked

package typed

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	pipelinev1beta1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1beta1"
	"k8s.io/apimachinery/pkg/runtime/schema"
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
	factory, known := tektonKinds[schema.GroupVersionKind{Group: "tekton.dev", Version: "v1beta1", Kind: o.Kind}]
	if !known {
		return o
	}
	from := factory()
	raw, err := json.Marshal(o.Value)
	if err != nil || json.Unmarshal(raw, from) != nil {
		return o
	}
	newer, ok := stored(from)
	if !ok {
		return o
	}
	var value map[string]any
	if raw, err = json.Marshal(newer); err != nil || json.Unmarshal(raw, &value) != nil {
		return o
	}
	o.Value = value
	return o
}

// Readable leaves out the fields of an object that do not decode, and keeps them in Written.
func Readable(o manifest.Object) manifest.Object {
	gvk := schema.FromAPIVersionAndKind(o.APIVersion, o.Kind)
	want := externalType(gvk)
	if factory, known := tektonKinds[gvk]; known {
		want = reflect.TypeOf(factory()).Elem()
	}
	if want == nil {
		return o
	}
	raw, err := json.Marshal(o.Value)
	if err != nil || json.Unmarshal(raw, reflect.New(want).Interface()) == nil {
		return o
	}
	o.Written, o.Value = o.Value, without(o.Value, misfits(o.Value, want))
	return o
}

// stored converts an object of v1beta1 to v1, as which Tekton keeps it.
func stored(object tektonObject) (tektonObject, bool) {
	var newer tektonObject
	switch object.(type) {
	case *pipelinev1beta1.Task:
		newer = &pipelinev1.Task{}
	case *pipelinev1beta1.Pipeline:
		newer = &pipelinev1.Pipeline{}
	case *pipelinev1beta1.TaskRun:
		newer = &pipelinev1.TaskRun{}
	case *pipelinev1beta1.PipelineRun:
		newer = &pipelinev1.PipelineRun{}
	default:
		return nil, false
	}
	from, ok := object.(apis.Convertible)
	return newer, ok && from.ConvertTo(context.Background(), newer.(apis.Convertible)) == nil
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
