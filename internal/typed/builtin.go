package typed

import (
	"cmp"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/validate/content"
	genericvalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/capabilities"
	kjson "sigs.k8s.io/json"

	"tenon.dev/tenon/internal/finding"
)

// decoder decodes, applies defaults and converts to the internal types, as the API
// server does. It is built on first use: registering all types takes time that commands
// which decode nothing should not spend. The install packages of k8s.io/kubernetes would do
// it at start-up, in a global scheme.
var decoder = sync.OnceValue(func() runtime.Decoder {
	// Clusters run with --allow-privileged; whether a pod should be is a rule's to say.
	capabilities.Initialize(capabilities.Capabilities{AllowPrivileged: true})
	scheme := runtime.NewScheme()
	for _, add := range groups {
		utilruntime.Must(add(scheme))
	}
	return serializer.NewCodecFactory(scheme).UniversalDecoder()
})

// builtin says how the API server treats a kind on create.
type builtin struct {
	clusterScoped bool
	// prepare does what the kind's strategy does before it validates; may be nil.
	prepare  func(runtime.Object)
	validate func(runtime.Object) field.ErrorList
}

// checkBuiltin gives the API server's verdict on an object of a built-in kind; known is false
// for kinds that Kubernetes does not have.
func (c *Checker) checkBuiltin(gvk schema.GroupVersionKind, value map[string]any, raw []byte) (known bool, problems []problem) {
	want := externalType(gvk)
	problems = served(gvk, minorOf(c.settings.Kubernetes))
	if len(problems) > 0 && !problems[0].warning {
		return true, problems
	}
	if want == nil {
		return false, nil
	}
	strict, err := kjson.UnmarshalStrict(raw, reflect.New(want).Interface())
	var wrong []problem
	if err != nil || len(strict) > 0 {
		wrong = misfits(value, want)
		if len(wrong) == 0 {
			return true, append(problems, decodeProblem(cmp.Or(err, errors.Join(strict...))))
		}
		if raw, err = json.Marshal(without(value, wrong)); err != nil {
			return true, append(problems, wrong...)
		}
	}
	problems = append(problems, wrong...)
	rule, validated := builtins[gvk.GroupKind()]
	if !validated {
		return true, problems
	}
	object, _, err := decoder().Decode(raw, nil, nil)
	if object == nil && runtime.IsNotRegisteredError(err) {
		return true, problems // an older version that some clusters still serve
	}
	if object == nil {
		return true, append(problems, decodeProblem(err))
	}
	errs := validateCreate(rule, object)
	if gvk.Kind == "Secret" && gvk.Group == "" {
		hideKeys(errs)
	}
	problems = append(problems, independent(fieldProblems(errs), wrong)...)
	return true, append(problems, independent(warned(object), wrong)...)
}

// hideKeys leaves out of errors about a Secret the keys that none can have: a line without an equals sign, which was meant
// for a value, becomes one.
func hideKeys(errs field.ErrorList) {
	for _, e := range errs {
		if strings.HasPrefix(e.Field, "data[") && e.Type == field.ErrorTypeInvalid {
			e.Field, e.BadValue = "data", "***"
		}
	}
}

func fieldProblems(errs field.ErrorList) []problem {
	var problems []problem
	for _, e := range errs {
		problems = append(problems, problem{rule: ruleOf(e.Type), field: e.Field, message: finding.Clip(e.Error()), value: e.BadValue})
	}
	return problems
}

func ruleOf(t field.ErrorType) string {
	switch t {
	case field.ErrorTypeRequired:
		return "types/required"
	case field.ErrorTypeNotSupported:
		return "types/not-supported"
	case field.ErrorTypeForbidden:
		return "types/forbidden"
	case field.ErrorTypeDuplicate:
		return "types/duplicate"
	}
	return "types/invalid"
}

// validateCreate does what the API server does with a decoded object before and while it
// validates it (k8s.io/apiserver, registry/rest, BeforeCreate). Values that it would draw at
// random are constants here, so that the same input gives the same output.
func validateCreate(rule builtin, object runtime.Object) field.ErrorList {
	m, err := meta.Accessor(object)
	if err != nil {
		return field.ErrorList{field.InternalError(field.NewPath("metadata"), err)}
	}
	m.SetCreationTimestamp(metav1.Time{})
	m.SetDeletionTimestamp(nil)
	m.SetDeletionGracePeriodSeconds(nil)
	m.SetSelfLink("")
	m.SetManagedFields(nil)
	m.SetUID("00000000-0000-0000-0000-000000000000")
	switch {
	case rule.clusterScoped:
		m.SetNamespace("")
	case m.GetNamespace() == "":
		m.SetNamespace(metav1.NamespaceDefault)
	}
	if prefix := m.GetGenerateName(); prefix != "" && m.GetName() == "" {
		m.SetName(prefix[:min(len(prefix), 58)] + "00000")
	}
	if rule.prepare != nil {
		rule.prepare(object)
	}
	errs := rule.validate(object)
	if len(errs) == 0 {
		errs = genericvalidation.ValidateObjectMetaAccessor(m, !rule.clusterScoped, pathSegment, field.NewPath("metadata"))
	}
	return errs
}

func pathSegment(name string, prefix bool) []string {
	if prefix {
		return content.IsPathSegmentPrefix(name)
	}
	return content.IsPathSegmentName(name)
}
