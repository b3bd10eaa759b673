package graph

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	triggersv1beta1 "github.com/tektoncd/triggers/pkg/apis/triggers/v1beta1"
	"github.com/tektoncd/triggers/pkg/template"

	"tenon.dev/tenon/internal/finding"
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
	// ByHand says that people create it when they want one: it is none of the concurrent runs.
	ByHand bool
}

// Runs returns the runs among the objects, those that TriggerTemplates would create for
// sample events included.
func Runs(objects []manifest.Object) []Run {
	var runs []Run
	w := newWiring(objects)
	for _, o := range objects {
		switch {
		case o.Kind == "TriggerTemplate":
			runs = append(runs, w.templateRuns(o)...)
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
func (w wiring) templateRuns(o manifest.Object) []Run {
	tt, ok := as[triggersv1beta1.TriggerTemplate](o.Value)
	if !ok {
		return nil
	}
	var runs []Run
	seen := map[string]bool{}
	for _, sample := range w.samples(o) {
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
			run.File, run.Document = o.File, o.Document
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
	return template.ResolveResources(withoutUID(tt), params)
}

// withoutUID is a template in which $(uid), of which each event has its own, is one that stays.
func withoutUID(tt *triggersv1beta1.TriggerTemplate) *triggersv1beta1.TriggerTemplate {
	fixed := tt.DeepCopy()
	for i, r := range fixed.Spec.ResourceTemplates {
		fixed.Spec.ResourceTemplates[i].Raw = bytes.ReplaceAll(r.Raw, []byte("$(uid)"), []byte("00000000-0000-4000-8000-000000000000"))
	}
	return fixed
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

// wiring knows which triggers use a template, and what bindings say. It is made once for all
// templates.
type wiring struct {
	// triggers of EventListeners and Triggers by the name of the template that they use.
	triggers map[string][]trigger
	// bindings by name, in the order of the objects.
	bindings map[string][]manifest.Object
}

type trigger struct {
	in       manifest.Object
	bindings []*triggersv1beta1.EventListenerBinding
}

func newWiring(objects []manifest.Object) wiring {
	w := wiring{triggers: map[string][]trigger{}, bindings: map[string][]manifest.Object{}}
	use := func(o manifest.Object, template *triggersv1beta1.EventListenerTemplate, bindings []*triggersv1beta1.EventListenerBinding) {
		if template != nil && template.Ref != nil {
			w.triggers[*template.Ref] = append(w.triggers[*template.Ref], trigger{o, bindings})
		}
	}
	for _, o := range objects {
		switch o.Kind {
		case "TriggerBinding", "ClusterTriggerBinding":
			w.bindings[o.Name] = append(w.bindings[o.Name], o)
		case "EventListener":
			if el, ok := as[triggersv1beta1.EventListener](o.Value); ok {
				for _, t := range el.Spec.Triggers {
					use(o, t.Template, t.Bindings)
				}
			}
		case "Trigger":
			if t, ok := as[triggersv1beta1.Trigger](o.Value); ok {
				use(o, &t.Spec.Template, t.Spec.Bindings)
			}
		}
	}
	return w
}

// samples pairs each sample event with the bindings of each trigger that uses the template, of
// the nearest files.
func (w wiring) samples(tt manifest.Object) []sample {
	var used []trigger
	nearest := -1
	for _, t := range w.triggers[tt.Name] {
		near := nearness(tt.File, t.in.File)
		if !together(tt, t.in) || near < nearest {
			continue
		}
		if near > nearest {
			used, nearest = nil, near
		}
		used = append(used, t)
	}
	var all []sample
	add := func(bindings []triggersv1beta1.Param) {
		for _, event := range [][]byte{pushEvent, pullRequestEvent} {
			all = append(all, sample{bindings, event})
		}
	}
	for _, t := range used {
		add(w.params(t))
	}
	if all == nil {
		add(nil)
	}
	return all
}

// together tells whether two objects can be in one namespace.
func together(a, b manifest.Object) bool {
	return a.Namespace == b.Namespace || a.File != "" && (a.Namespace == "" || b.Namespace == "")
}

func (w wiring) params(t trigger) []triggersv1beta1.Param {
	var params []triggersv1beta1.Param
	for _, b := range t.bindings {
		if b == nil {
			continue
		}
		if b.Name != "" && b.Value != nil {
			params = append(params, triggersv1beta1.Param{Name: b.Name, Value: *b.Value})
		}
		if o, ok := w.binding(t.in, b); ok {
			if tb, ok := as[triggersv1beta1.TriggerBinding](o.Value); ok {
				params = append(params, tb.Spec.Params...)
			}
		}
	}
	return params
}

func (w wiring) binding(from manifest.Object, b *triggersv1beta1.EventListenerBinding) (best manifest.Object, found bool) {
	nearest := -1
	for _, o := range w.bindings[b.Ref] {
		kind := b.Kind == "ClusterTriggerBinding"
		if kind != (o.Kind == "ClusterTriggerBinding") || !kind && !together(from, o) {
			continue
		}
		if near := nearness(from.File, o.File); near > nearest {
			best, nearest = o, near
		}
	}
	return best, nearest >= 0
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
	if ref != nil && ref.Resolver == "cluster" {
		return g.resolvedPipeline(r, ref.Params)
	}
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

// resolvedPipeline is one that the cluster's resolver finds in a namespace, where it is among the objects
// (https://tekton.dev/docs/pipelines/cluster-resolver/).
func (g *graph) resolvedPipeline(r Run, params pipelinev1.Params) (spec *pipelinev1.PipelineSpec, in manifest.Object, at manifest.Path, missing string) {
	given := map[string]string{"kind": "task"}
	for _, p := range params {
		given[p.Name] = p.Value.StringVal
	}
	if given["kind"] != "pipeline" || variable(given["name"]) || variable(given["namespace"]) || !g.has(r.Owner, "Pipeline", given["namespace"], given["name"]) {
		return nil, in, nil, ""
	}
	in, _ = g.only(r.Owner, "Pipeline", given["namespace"], given["name"])
	pipeline, ok := as[pipelinev1.Pipeline](in.Value)
	if !ok || in.Kind == "" || in.Namespace != r.Object.Namespace {
		return nil, in, nil, "" // tasks that it names are those of the run's namespace
	}
	return &pipeline.Spec, in, manifest.Path{"spec"}, ""
}

func listOrNone(names []string) string {
	if len(names) == 0 {
		return "none does"
	}
	return finding.Few(names, 12)
}

// instead are remedies where there is nothing to choose from, by what is asked for otherwise.
var instead = map[string]string{
	"name one that exists":               "create it, or name the file that it is in, too",
	"create it, or name one that exists": "create it, or name the file that it is in, too",
	"use one that it has":                "it has none: leave this one out, or declare it there",
	"name a port that a container has":   "give the port of the container this name, or write its number",
}

// pick is a remedy that asks to take one of these.
func pick(ask string, names []string) string {
	if len(names) == 0 {
		return instead[ask]
	}
	return ask + ": " + finding.Few(names, 12)
}
