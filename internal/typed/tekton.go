//lint:file-ignore SA1019 v1beta1 is still served, and its manifests are still checked

package typed

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	pipelineconfig "github.com/tektoncd/pipeline/pkg/apis/config"
	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	pipelinev1alpha1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1alpha1"
	pipelinev1beta1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1beta1"
	resolutionv1beta1 "github.com/tektoncd/pipeline/pkg/apis/resolution/v1beta1"
	triggersconfig "github.com/tektoncd/triggers/pkg/apis/config"
	"github.com/tektoncd/triggers/pkg/apis/triggers/contexts"
	triggersv1alpha1 "github.com/tektoncd/triggers/pkg/apis/triggers/v1alpha1"
	triggersv1beta1 "github.com/tektoncd/triggers/pkg/apis/triggers/v1beta1"
	genericvalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"knative.dev/pkg/apis"
	kjson "sigs.k8s.io/json"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// tektonObject is what every type of Tekton and Triggers can do.
type tektonObject interface {
	apis.Defaultable
	apis.Validatable
	metav1.Object
}

var tektonKinds = map[schema.GroupVersionKind]func() tektonObject{
	{Group: "tekton.dev", Version: "v1", Kind: "Task"}:        func() tektonObject { return &pipelinev1.Task{} },
	{Group: "tekton.dev", Version: "v1", Kind: "Pipeline"}:    func() tektonObject { return &pipelinev1.Pipeline{} },
	{Group: "tekton.dev", Version: "v1", Kind: "TaskRun"}:     func() tektonObject { return &pipelinev1.TaskRun{} },
	{Group: "tekton.dev", Version: "v1", Kind: "PipelineRun"}: func() tektonObject { return &pipelinev1.PipelineRun{} },

	{Group: "tekton.dev", Version: "v1beta1", Kind: "Task"}:        func() tektonObject { return &pipelinev1beta1.Task{} },
	{Group: "tekton.dev", Version: "v1beta1", Kind: "Pipeline"}:    func() tektonObject { return &pipelinev1beta1.Pipeline{} },
	{Group: "tekton.dev", Version: "v1beta1", Kind: "TaskRun"}:     func() tektonObject { return &pipelinev1beta1.TaskRun{} },
	{Group: "tekton.dev", Version: "v1beta1", Kind: "PipelineRun"}: func() tektonObject { return &pipelinev1beta1.PipelineRun{} },
	{Group: "tekton.dev", Version: "v1beta1", Kind: "CustomRun"}:   func() tektonObject { return &pipelinev1beta1.CustomRun{} },
	{Group: "tekton.dev", Version: "v1beta1", Kind: "StepAction"}:  func() tektonObject { return &pipelinev1beta1.StepAction{} },

	{Group: "tekton.dev", Version: "v1alpha1", Kind: "StepAction"}: func() tektonObject { return &pipelinev1alpha1.StepAction{} },

	{Group: "tekton.dev", Version: "v1alpha1", Kind: "VerificationPolicy"}:          func() tektonObject { return &pipelinev1alpha1.VerificationPolicy{} },
	{Group: "resolution.tekton.dev", Version: "v1beta1", Kind: "ResolutionRequest"}: func() tektonObject { return &resolutionv1beta1.ResolutionRequest{} },

	{Group: "triggers.tekton.dev", Version: "v1alpha1", Kind: "ClusterInterceptor"}:    func() tektonObject { return &triggersv1alpha1.ClusterInterceptor{} },
	{Group: "triggers.tekton.dev", Version: "v1alpha1", Kind: "Interceptor"}:           func() tektonObject { return &triggersv1alpha1.Interceptor{} },
	{Group: "triggers.tekton.dev", Version: "v1alpha1", Kind: "EventListener"}:         func() tektonObject { return &triggersv1alpha1.EventListener{} },
	{Group: "triggers.tekton.dev", Version: "v1alpha1", Kind: "Trigger"}:               func() tektonObject { return &triggersv1alpha1.Trigger{} },
	{Group: "triggers.tekton.dev", Version: "v1alpha1", Kind: "TriggerBinding"}:        func() tektonObject { return &triggersv1alpha1.TriggerBinding{} },
	{Group: "triggers.tekton.dev", Version: "v1alpha1", Kind: "ClusterTriggerBinding"}: func() tektonObject { return &triggersv1alpha1.ClusterTriggerBinding{} },
	{Group: "triggers.tekton.dev", Version: "v1alpha1", Kind: "TriggerTemplate"}:       func() tektonObject { return &triggersv1alpha1.TriggerTemplate{} },

	{Group: "triggers.tekton.dev", Version: "v1beta1", Kind: "EventListener"}:         func() tektonObject { return &triggersv1beta1.EventListener{} },
	{Group: "triggers.tekton.dev", Version: "v1beta1", Kind: "Trigger"}:               func() tektonObject { return &triggersv1beta1.Trigger{} },
	{Group: "triggers.tekton.dev", Version: "v1beta1", Kind: "TriggerBinding"}:        func() tektonObject { return &triggersv1beta1.TriggerBinding{} },
	{Group: "triggers.tekton.dev", Version: "v1beta1", Kind: "ClusterTriggerBinding"}: func() tektonObject { return &triggersv1beta1.ClusterTriggerBinding{} },
	{Group: "triggers.tekton.dev", Version: "v1beta1", Kind: "TriggerTemplate"}:       func() tektonObject { return &triggersv1beta1.TriggerTemplate{} },
}

// tektonContext holds Tekton's feature flags as the webhook would have them. Triggers'
// defaulting does nothing unless told that it runs on an upgrade or admission
// (https://github.com/tektoncd/triggers/blob/v0.37.0/cmd/webhook/main.go).
func tektonContext(s Settings) (context.Context, error) {
	flags := maps.Clone(s.FeatureFlags)
	if flags == nil {
		flags = map[string]string{}
	}
	if s.Coschedule != "" {
		flags["coschedule"] = s.Coschedule
	}
	if s.EnableAPIFields != "" {
		flags["enable-api-fields"] = s.EnableAPIFields
	}
	features, err := pipelineconfig.NewFeatureFlagsFromMap(flags)
	if err != nil {
		return nil, fmt.Errorf("reading Tekton's feature flags: %w", err)
	}
	config := pipelineconfig.FromContextOrDefaults(context.Background())
	config.FeatureFlags = features
	ctx := pipelineconfig.ToContext(context.Background(), config)

	defaults, err := triggersconfig.NewDefaultsFromMap(map[string]string{})
	if err != nil {
		return nil, fmt.Errorf("reading the defaults of Triggers: %w", err)
	}
	triggerFlags, err := triggersconfig.NewFeatureFlagsFromMap(map[string]string{})
	if err != nil {
		return nil, fmt.Errorf("reading the feature flags of Triggers: %w", err)
	}
	ctx = triggersconfig.ToContext(ctx, &triggersconfig.Config{Defaults: defaults, FeatureFlags: triggerFlags})
	return apis.WithinCreate(contexts.WithUpgradeViaDefaulting(ctx)), nil
}

// checkTekton gives the verdict of the API server and of the webhook. The webhook decodes with
// encoding/json, which takes a field in any case.
func (c *Checker) checkTekton(object tektonObject, value map[string]any, raw []byte) []problem {
	strict, err := kjson.UnmarshalStrict(raw, object)
	var wrong []problem
	if err != nil || len(strict) > 0 {
		want := reflect.TypeOf(object).Elem()
		wrong = misfits(value, want)
		if len(wrong) == 0 {
			return []problem{decodeProblem(cmp.Or(err, errors.Join(strict...)))}
		}
		tolerateCase(wrong)
		reflect.ValueOf(object).Elem().SetZero()
		if raw, err = json.Marshal(without(value, wrong)); err == nil {
			err = json.Unmarshal(raw, object)
		}
		if err != nil {
			return wrong
		}
	}
	// The API server has made a name of generateName before the webhook sees the object.
	if object.GetName() == "" && object.GetGenerateName() != "" {
		prefix := object.GetGenerateName()
		object.SetName(prefix[:min(len(prefix), 58)] + "00000")
	}
	verdict := c.validate(object)
	if len(verdict) == 1 && verdict[0].rule == "internal/limit" { // it is still at work on the object
		return append(slices.Clone(wrong), verdict...)
	}
	for i := range verdict {
		verdict[i] = legible(verdict[i], value)
	}
	problems := append(slices.Clone(wrong), independent(verdict, wrong)...)
	problems = append(problems, independent(beyond(podProblems(object), verdict), wrong)...)
	problems = append(problems, valueless(object, value)...)
	problems = append(problems, twiceInEnv(value["spec"], manifest.Path{"spec"})...)
	return append(problems, metadataProblems(object, verdict)...)
}

// valueless finds parameters without a value: the webhook cannot write them out again, and says
// so in words that name neither.
func valueless(object tektonObject, value map[string]any) []problem {
	if _, err := json.Marshal(object); err == nil {
		return nil
	}
	var problems []problem
	var visit func(v any, at manifest.Path)
	visit = func(v any, at manifest.Path) {
		switch x := v.(type) {
		case map[string]any:
			_, given := x["value"]
			if name, named := x["name"].(string); named && !given && isGiven(at) && len(x) == 1 {
				problems = append(problems, problem{rule: "types/required", field: at.String(), message: fmt.Sprintf("parameter %s has no value: Tekton refuses the object", name), remedy: "write value"})
			}
			for _, key := range slices.Sorted(maps.Keys(x)) {
				visit(x[key], at.Append(key))
			}
		case []any:
			for i, item := range x {
				visit(item, at.Append(i))
			}
		}
	}
	for _, list := range []string{"tasks", "finally", "pipelineSpec", "params", "steps"} {
		if spec, ok := value["spec"].(map[string]any); ok && !(list == "params" && (value["kind"] == "Pipeline" || value["kind"] == "Task")) {
			visit(spec[list], manifest.Path{"spec", list})
		}
	}
	if len(problems) == 0 {
		problems = append(problems, problem{rule: "types/required", message: "a parameter has no value: Tekton refuses the object"})
	}
	return problems
}

// isGiven tells whether an item at a path is a parameter that is given to something: those of a task's or a pipeline's own
// specification are declared there, and need no value.
func isGiven(at manifest.Path) bool {
	if len(at) < 3 || at[len(at)-2] != any("params") {
		return false
	}
	owner, _ := at[len(at)-3].(string)
	return owner != "taskSpec" && owner != "pipelineSpec"
}

// beyond leaves out what the API server would say of names: where Tekton has refused the object,
// it has said so of the same step.
func beyond(pods, verdict []problem) []problem {
	return slices.DeleteFunc(pods, func(p problem) bool { return len(verdict) > 0 && strings.HasSuffix(p.field, ".name") })
}

var otherCase = regexp.MustCompile(`^did you mean (\w+)\?$`)

// tolerateCase makes warnings of fields in another case within embedded specs: the CRD does not
// describe these, and the webhook does not mind.
func tolerateCase(problems []problem) {
	for i := range problems {
		p := &problems[i]
		m := otherCase.FindStringSubmatch(p.remedy)
		last := p.field[strings.LastIndexByte(p.field, '.')+1:]
		if m != nil && strings.EqualFold(m[1], last) && (strings.Contains(p.field, ".taskSpec.") || strings.Contains(p.field, ".pipelineSpec.")) {
			p.warning = true
		}
	}
}

// maxValidation is how long Tekton may take over one object: what it takes grows with the square of the
// mistakes that it finds.
const maxValidation = 20 * time.Second

// validate asks Tekton, and does not wait for ever.
func (c *Checker) validate(object tektonObject) []problem {
	done := make(chan []problem, 1)
	go func() { done <- c.ask(object) }()
	timer := time.NewTimer(maxValidation)
	defer timer.Stop()
	select {
	case problems := <-done:
		return problems
	case <-timer.C:
		return []problem{{rule: "internal/limit", message: fmt.Sprintf("Tekton's own validation took longer than %s on this object and was not waited for", maxValidation),
			remedy: "look for a list of thousands of items that all have the same mistake"}}
	}
}

// ask lets Tekton judge. Its code panics on some null elements of lists; the webhook would too.
func (c *Checker) ask(object tektonObject) (problems []problem) {
	defer func() {
		if reason := recover(); reason != nil {
			problems = []problem{{rule: "types/decode", message: fmt.Sprintf("Tekton's own validation breaks down on the object: %v", reason),
				remedy: "look for null elements in its lists"}}
		}
	}()
	object.SetDefaults(c.tekton)
	if verdict := object.Validate(c.tekton); verdict != nil {
		return c.tektonProblems(verdict, object)
	}
	return nil
}

// metadataProblems is what the API server says of the metadata of any custom resource; Tekton's
// webhook does not look at labels.
func metadataProblems(object tektonObject, verdict []problem) []problem {
	clusterScoped := false
	switch object.(type) {
	case *triggersv1beta1.ClusterTriggerBinding, *triggersv1alpha1.ClusterTriggerBinding, *triggersv1alpha1.ClusterInterceptor:
		clusterScoped = true
	}
	if !clusterScoped && object.GetNamespace() == "" {
		object.SetNamespace(metav1.NamespaceDefault)
	}
	var problems []problem
	for _, e := range genericvalidation.ValidateObjectMetaAccessor(object, !clusterScoped, pathSegment, field.NewPath("metadata")) {
		said := slices.ContainsFunc(verdict, func(p problem) bool { return p.field == e.Field || strings.Contains(p.message, e.Field) })
		if !said {
			problems = append(problems, problem{rule: ruleOf(e.Type), field: e.Field, message: finding.Clip(e.Error()), value: e.BadValue})
		}
	}
	return problems
}

// flagForm fits what Tekton says where a feature flag is not set.
var flagForm = regexp.MustCompile(`^feature flag \S+ should be set to true|requires "enable-api-fields" feature gate`)

// tektonProblems takes a FieldError apart: each of its parts names its fields by itself.
func (c *Checker) tektonProblems(verdict *apis.FieldError, object tektonObject) []problem {
	var problems []problem
	for _, part := range verdict.WrappedErrors() {
		p := problem{rule: "types/tekton", message: part.Message}
		if len(part.Paths) > 0 {
			p.field = part.Paths[0]
			p.message += ": " + strings.Join(part.Paths, ", ")
		}
		if part.Details != "" {
			p.message += " (" + strings.TrimSpace(part.Details) + ")"
		}
		// Whether the flag is set is for the cluster's ConfigMap to say.
		p.warning = !c.settings.Complete && flagForm.MatchString(part.Message)
		if strings.Contains(part.Message, "custom task ref must specify apiVersion") {
			p.remedy = "only a Task needs no apiVersion: write kind: Task; a ClusterTask, which Tekton has removed, is found by the cluster resolver"
		}
		if strings.Contains(part.Message, "can not refer to execution status") {
			p.remedy = "move the task to finally: only there the status of others is known"
		}
		if strings.Contains(part.Message, "param substitution in scripts is not allowed") {
			p.remedy = "give the parameter to a variable of env, and use that in the script"
		}
		if strings.Contains(part.Message, "cycle detected") {
			problems = append(problems, cycles(object, part.Message)...)
			continue
		}
		if strings.Contains(part.Message, "couldn't add link between") && len(unlinked(object)) > 0 {
			continue // said of each below
		}
		problems = append(problems, p)
	}
	for _, p := range unlinked(object) {
		if !slices.ContainsFunc(problems, func(q problem) bool { return q.field == p.field }) {
			problems = append(problems, p)
		}
	}
	return problems
}

// unlinked are the references of an object's tasks to tasks that there are not.
func unlinked(object tektonObject) []problem {
	switch o := object.(type) {
	case *pipelinev1.Pipeline:
		return dangling(&o.Spec, "spec")
	case *pipelinev1.PipelineRun:
		return dangling(o.Spec.PipelineSpec, "spec.pipelineSpec")
	}
	return nil
}

// cycles has one problem for each circle of tasks that wait for themselves: Tekton stops at the first of all.
func cycles(object tektonObject, message string) []problem {
	const remedy = "take one of the runAfter or result references out of the circle"
	pipeline, ok := object.(*pipelinev1.Pipeline)
	if !ok {
		return []problem{{rule: "types/pipeline-cycle", message: message, remedy: remedy}}
	}
	after := map[string][]string{}
	for _, t := range pipeline.Spec.Tasks {
		after[t.Name] = t.Deps()
	}
	var problems []problem
	told := map[string]bool{}
	for _, t := range pipeline.Spec.Tasks {
		if told[t.Name] || !reaches(after, t.Name, t.Name, map[string]bool{}) {
			continue
		}
		p := problem{rule: "types/pipeline-cycle", message: message, remedy: remedy}
		var names []string
		for j, other := range pipeline.Spec.Tasks {
			isIn := reaches(after, t.Name, other.Name, map[string]bool{}) && reaches(after, other.Name, t.Name, map[string]bool{})
			if !isIn {
				continue
			}
			told[other.Name] = true
			names = append(names, other.Name)
			if len(other.RunAfter) > 0 {
				p.causes = append(p.causes, fmt.Sprintf("spec.tasks[%d].runAfter", j))
			}
		}
		if len(p.causes) > 0 {
			p.field, p.causes = p.causes[0], p.causes[1:]
		}
		if len(problems) > 0 {
			p.message = "tasks wait for themselves: " + strings.Join(names, ", ")
		}
		problems = append(problems, p)
	}
	if len(problems) == 0 {
		return []problem{{rule: "types/pipeline-cycle", message: message, remedy: remedy}}
	}
	return problems
}

func reaches(after map[string][]string, from, to string, seen map[string]bool) bool {
	for _, next := range after[from] {
		if next == to {
			return true
		}
		if !seen[next] {
			seen[next] = true
			if reaches(after, next, to, seen) {
				return true
			}
		}
	}
	return false
}
