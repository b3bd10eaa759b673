package graph

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	triggersv1beta1 "github.com/tektoncd/triggers/pkg/apis/triggers/v1beta1"
	"github.com/tektoncd/triggers/pkg/template"

	"tenon.dev/tenon/internal/manifest"
)

// Run is a PipelineRun or TaskRun as it would be created.
type Run struct {
	// Object is the run itself; its origin leads to where it is written.
	Object manifest.Object
	// Owner is the object that the run is written in: itself, or a TriggerTemplate.
	Owner manifest.Object
	// At is where in the owner the run is written.
	At manifest.Path
}

// Runs returns the runs among the objects, those that TriggerTemplates would create for
// sample events included.
func Runs(objects []manifest.Object) []Run {
	var runs []Run
	for _, o := range objects {
		switch {
		case o.Kind == "TriggerTemplate":
			runs = append(runs, templateRuns(o, objects)...)
		case isRun(o):
			runs = append(runs, Run{Object: o, Owner: o})
		}
	}
	return runs
}

func isRun(o manifest.Object) bool {
	return strings.HasPrefix(o.APIVersion, "tekton.dev/") && (o.Kind == "PipelineRun" || o.Kind == "TaskRun")
}

// The sample events are GitHub's payloads with the fields that bindings commonly read
// (https://docs.github.com/en/webhooks/webhook-events-and-payloads).
//
//go:embed events/push.json
var pushEvent []byte

//go:embed events/pull_request.json
var pullRequestEvent []byte

// placeholder stands for a value that a sample event does not have. It is a valid label
// value, name and revision, so that no rule about values fires on it.
const placeholder = "placeholder"

// templateRuns renders a TriggerTemplate with each sample event, through the bindings of each
// trigger of an EventListener that uses it.
func templateRuns(o manifest.Object, objects []manifest.Object) []Run {
	tt, ok := as[triggersv1beta1.TriggerTemplate](o.Value)
	if !ok {
		return nil
	}
	var runs []Run
	seen := map[string]bool{}
	for _, sample := range samples(o, objects) {
		params := sampleParams(&tt, sample.bindings, sample.event)
		for i, raw := range renderTemplate(&tt, params) {
			var value map[string]any
			if seen[string(raw)] || json.Unmarshal(raw, &value) != nil {
				continue
			}
			seen[string(raw)] = true
			at := manifest.Path{"spec", "resourcetemplates", i}
			run, ok := manifest.New(value, nested{o.Origin, at})
			if !ok || !isRun(run) {
				continue
			}
			if run.Namespace == "" {
				run.Namespace = o.Namespace
			}
			run.File = o.File
			runs = append(runs, Run{Object: run, Owner: o, At: at})
		}
	}
	return runs
}

// renderTemplate fills the template in. A template that upstream cannot read gives nothing;
// the types stage reports it.
func renderTemplate(tt *triggersv1beta1.TriggerTemplate, params []triggersv1beta1.Param) (resources []json.RawMessage) {
	defer func() {
		if recover() != nil {
			resources = nil
		}
	}()
	return template.ResolveResources(tt, params)
}

// sampleParams gives every parameter of the template a value: from the event through the
// bindings, else its default, else a placeholder.
func sampleParams(tt *triggersv1beta1.TriggerTemplate, bindings []triggersv1beta1.Param, event []byte) []triggersv1beta1.Param {
	var params []triggersv1beta1.Param
	for _, spec := range tt.Spec.Params {
		value := placeholder
		if spec.Default != nil {
			value = *spec.Default
		}
		i := slices.IndexFunc(bindings, func(p triggersv1beta1.Param) bool { return p.Name == spec.Name })
		if i >= 0 {
			value = placeholder
			resolved, err := template.ResolveParams(
				template.ResolvedTrigger{BindingParams: bindings[i : i+1]}, event, http.Header{},
				map[string]any{}, template.NewTriggerContext("sample"))
			if err == nil && len(resolved) == 1 {
				value = resolved[0].Value
			}
		}
		params = append(params, triggersv1beta1.Param{Name: spec.Name, Value: value})
	}
	return params
}

type sample struct {
	bindings []triggersv1beta1.Param
	event    []byte
}

// samples pairs each sample event with the bindings of each trigger that uses the template.
func samples(tt manifest.Object, objects []manifest.Object) []sample {
	var all []sample
	add := func(bindings []triggersv1beta1.Param) {
		for _, event := range [][]byte{pushEvent, pullRequestEvent} {
			all = append(all, sample{bindings, event})
		}
	}
	for _, o := range objects {
		if o.Kind != "EventListener" || o.Namespace != tt.Namespace {
			continue
		}
		el, ok := as[triggersv1beta1.EventListener](o.Value)
		if !ok {
			continue
		}
		for _, t := range el.Spec.Triggers {
			if t.Template != nil && t.Template.Ref != nil && *t.Template.Ref == tt.Name {
				add(boundParams(t.Bindings, tt.Namespace, objects))
			}
		}
	}
	if all == nil {
		add(nil)
	}
	return all
}

func boundParams(bindings []*triggersv1beta1.EventListenerBinding, namespace string, objects []manifest.Object) []triggersv1beta1.Param {
	var params []triggersv1beta1.Param
	for _, b := range bindings {
		if b == nil {
			continue
		}
		if b.Name != "" && b.Value != nil {
			params = append(params, triggersv1beta1.Param{Name: b.Name, Value: *b.Value})
		}
		for _, o := range objects {
			if o.Kind == "TriggerBinding" && o.Name == b.Ref && o.Namespace == namespace {
				if tb, ok := as[triggersv1beta1.TriggerBinding](o.Value); ok {
					params = append(params, tb.Spec.Params...)
				}
			}
		}
	}
	return params
}

// nested is the origin of an object that is written within another.
type nested struct {
	outer manifest.Origin
	at    manifest.Path
}

// Trace finds the field in the outer object.
func (n nested) Trace(field manifest.Path, text string) []manifest.Place {
	return n.outer.Trace(n.at.Append(field...), text)
}

// pipelineOf returns the pipeline that a run executes and the object it is written in, with
// the path to its spec; missing is the name of a pipeline that does not exist.
func (g *graph) pipelineOf(r Run) (spec *pipelinev1.PipelineSpec, in manifest.Object, at manifest.Path, missing string) {
	run, ok := as[pipelinev1.PipelineRun](r.Object.Value)
	if !ok || r.Object.Kind != "PipelineRun" {
		return nil, in, nil, ""
	}
	if run.Spec.PipelineSpec != nil {
		return run.Spec.PipelineSpec, r.Owner, r.At.Append("spec", "pipelineSpec"), ""
	}
	ref := run.Spec.PipelineRef
	if ref == nil || ref.Name == "" || ref.Resolver != "" || variable(ref.Name) {
		return nil, in, nil, ""
	}
	if !g.has(r.Owner, "Pipeline", r.Object.Namespace, ref.Name) {
		return nil, in, nil, ref.Name
	}
	in, _ = g.only(r.Owner, "Pipeline", r.Object.Namespace, ref.Name)
	pipeline, ok := as[pipelinev1.Pipeline](in.Value)
	if !ok || in.Kind == "" {
		return nil, in, nil, ""
	}
	return &pipeline.Spec, in, manifest.Path{"spec"}, ""
}

func listOrNone(names []string) string {
	if len(names) == 0 {
		return "none does"
	}
	return strings.Join(names, ", ")
}
