package typed

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	metavalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	kjson "sigs.k8s.io/json"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// definitions are the schemas of the custom resources that a platform may render, as their
// operators ship them; test/crds writes the files.
//
//go:embed crds/*.json
var definitions embed.FS

// definition is what a CustomResourceDefinition says of one kind.
type definition struct {
	Group    string
	Kind     string
	Scope    apiextensions.ResourceScope
	Versions map[string]*apiextensionsv1.JSONSchemaProps
}

// customKind validates objects of one kind and version, as the API server does for a custom
// resource.
type customKind struct {
	structural *structuralschema.Structural
	openapi    validation.SchemaValidator
	rules      *cel.Validator
	namespaced bool
	// quotes is how many bytes of its schema a message quotes at most.
	quotes int
}

// Definitions are the CustomResourceDefinitions that custom resources are checked against: those
// given, and those that tenon holds. It is safe for concurrent use.
type Definitions struct {
	given map[schema.GroupKind]definition
	kinds sync.Map // schema.GroupVersionKind -> func() (*customKind, error)
}

// embedded are the definitions that tenon holds, for whoever gives none.
var embedded = &Definitions{}

// NewDefinitions takes CustomResourceDefinitions of v1 out of objects. One that does not decode
// is left out: the check of the object itself says why.
func NewDefinitions(objects []manifest.Object) *Definitions {
	given := map[schema.GroupKind]definition{}
	for _, o := range objects {
		if o.Kind != "CustomResourceDefinition" {
			continue
		}
		var crd apiextensionsv1.CustomResourceDefinition
		text, err := json.Marshal(o.Value)
		if err != nil || json.Unmarshal(text, &crd) != nil || o.APIVersion != "apiextensions.k8s.io/v1" {
			continue
		}
		d := definition{Group: crd.Spec.Group, Kind: crd.Spec.Names.Kind, Scope: apiextensions.ResourceScope(crd.Spec.Scope)}
		d.Versions = map[string]*apiextensionsv1.JSONSchemaProps{}
		for _, v := range crd.Spec.Versions {
			if v.Served && v.Schema != nil {
				d.Versions[v.Name] = v.Schema.OpenAPIV3Schema
			}
		}
		given[schema.GroupKind{Group: d.Group, Kind: d.Kind}] = d
	}
	if len(given) == 0 {
		return embedded
	}
	return &Definitions{given: given}
}

// definitionNames are the files of the definitions by group and lower-case kind; none is read.
var definitionNames = sync.OnceValue(func() map[schema.GroupKind]string {
	files, err := fs.Glob(definitions, "crds/*.json")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	names := map[schema.GroupKind]string{}
	for _, file := range files {
		group, kind, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(file, "crds/"), ".json"), "_")
		names[schema.GroupKind{Group: group, Kind: kind}] = file
	}
	return names
})

func embeddedFile(gk schema.GroupKind) string {
	return definitionNames()[schema.GroupKind{Group: gk.Group, Kind: strings.ToLower(gk.Kind)}]
}

func (d *Definitions) has(gk schema.GroupKind) bool {
	_, given := d.given[gk]
	return given || embeddedFile(gk) != ""
}

// of returns the validator of a kind, made on first use; nil where no definition has the
// version, and false where none has the kind.
func (d *Definitions) of(gvk schema.GroupVersionKind) (*customKind, bool, error) {
	if !d.has(gvk.GroupKind()) {
		return nil, false, nil
	}
	make, _ := d.kinds.LoadOrStore(gvk, sync.OnceValues(func() (*customKind, error) {
		given, ok := d.given[gvk.GroupKind()]
		if ok {
			return given.validator(gvk, true)
		}
		read, ruled, err := parseDefinition(embeddedFile(gvk.GroupKind()))
		if err != nil {
			return nil, err
		}
		return read.validator(gvk, ruled)
	}))
	kind, err := make.(func() (*customKind, error))()
	return kind, true, err
}

// parseDefinition reads a definition, and tells whether it has rules in CEL.
func parseDefinition(file string) (d definition, ruled bool, err error) {
	data, err := definitions.ReadFile(file)
	if err != nil {
		return definition{}, false, err
	}
	if err := json.Unmarshal(data, &d); err != nil {
		return definition{}, false, fmt.Errorf("%s: %w", file, err)
	}
	return d, bytes.Contains(data, []byte("x-kubernetes-validations")), nil
}

// validator makes what checks objects of one version, nil where the definition has no such
// version.
func (d definition) validator(gvk schema.GroupVersionKind, ruled bool) (*customKind, error) {
	v1, served := d.Versions[gvk.Version]
	if !served || v1 == nil || d.Kind != gvk.Kind {
		return nil, nil
	}
	var internal apiextensions.JSONSchemaProps
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(v1, &internal, nil); err != nil {
		return nil, err
	}
	structural, err := structuralschema.NewStructural(&internal)
	if err != nil {
		return nil, err
	}
	openapi, _, err := validation.NewSchemaValidator(&internal)
	if err != nil {
		return nil, err
	}
	kind := &customKind{structural: structural, openapi: openapi, namespaced: d.Scope == apiextensions.NamespaceScoped, quotes: quoted(&internal)}
	if ruled { // looking for rules takes longer than all else
		kind.rules = cel.NewValidator(structural, true, celconfig.PerCallLimit)
	}
	return kind, nil
}

// checkCustom gives the API server's verdict on a custom resource: fields that its schema does
// not have, then defaults, schema, lists that are sets or maps, and the schema's CEL rules.
func (c *Checker) checkCustom(gvk schema.GroupVersionKind, raw []byte) (known bool, _ []problem) {
	kind, known, err := c.definitions.of(gvk)
	if !known || kind == nil && err == nil {
		return false, nil
	}
	if err != nil {
		return true, []problem{{rule: "types/decode", message: "the schema of " + gvk.String() + " does not load: " + err.Error()}}
	}
	var object map[string]any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &object); err != nil {
		return true, []problem{decodeProblem(err)}
	}
	wrong := misfits(map[string]any{"metadata": object["metadata"]}, reflect.TypeFor[metav1.PartialObjectMetadata]())
	for _, p := range wrong {
		if p.rule != "types/unknown-field" {
			return true, wrong // the server does not read on
		}
	}
	if kind.quotes*texts(object) > maxQuoted {
		return true, append(wrong, problem{
			rule:    "internal/limit",
			message: fmt.Sprintf("what validation would say of the object is more than %d MiB: each wrong value quotes all that its schema allows", maxQuoted>>20),
			remedy:  "allow fewer values, or give fewer",
		})
	}
	problems := append(wrong, kind.unknownFields(object)...)
	// As it does of what it is sent: a null where none may be is as if it were not there, and is filled in.
	defaulting.PruneNonNullableNullsWithoutDefaults(object, kind.structural)
	defaulting.Default(object, kind.structural)
	errs := kind.metadata(object)
	errs = append(errs, validation.ValidateCustomResource(nil, object, kind.openapi)...)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, kind.structural, object)...)
	if len(errs) == 0 && kind.rules != nil {
		broken, _ := kind.rules.Validate(context.Background(), nil, kind.structural, object, nil, celconfig.RuntimeCELCostBudget)
		errs = append(errs, broken...)
	}
	return true, append(problems, fieldProblems(errs)...)
}

// maxQuoted bounds what messages about one object quote of its schema.
const maxQuoted = 64 << 20

// quoted is how many bytes a message quotes of a schema at most: the values that one of its fields allows, or the
// expression that it has to match.
func quoted(s *apiextensions.JSONSchemaProps) int {
	if s == nil {
		return 0
	}
	own := len(s.Pattern)
	for _, value := range s.Enum {
		own += len(fmt.Sprint(value))
	}
	if s.Items != nil {
		own = max(own, quoted(s.Items.Schema))
	}
	if s.AdditionalProperties != nil {
		own = max(own, quoted(s.AdditionalProperties.Schema))
	}
	for _, property := range s.Properties {
		own = max(own, quoted(&property))
	}
	return own
}

// texts counts the scalars of a value.
func texts(value any) int {
	count := 0
	switch v := value.(type) {
	case map[string]any:
		for _, inner := range v {
			count += texts(inner)
		}
	case []any:
		for _, inner := range v {
			count += texts(inner)
		}
	default:
		return 1
	}
	return count
}

func (k *customKind) metadata(object map[string]any) field.ErrorList {
	accessor := metav1.Object(&unstructured.Unstructured{Object: runtime.DeepCopyJSON(object)})
	if accessor.GetName() == "" && accessor.GetGenerateName() != "" {
		accessor.SetName(accessor.GetGenerateName() + "00000") // which the server does before it validates
	}
	if k.namespaced && accessor.GetNamespace() == "" { // that of the context, as for every other kind
		accessor.SetNamespace(metav1.NamespaceDefault)
	}
	return metavalidation.ValidateObjectMetaAccessor(accessor, k.namespaced, metavalidation.NameIsDNSSubdomain, field.NewPath("metadata"))
}

// unknownFields lists what the API server would drop without a word.
func (k *customKind) unknownFields(object map[string]any) []problem {
	var problems []problem
	options := structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
	for _, path := range pruning.PruneWithOptions(object, k.structural, true, options) {
		p := problem{rule: "types/unknown-field", field: path, message: fmt.Sprintf("unknown field %q", path)}
		if near := k.nearest(manifest.ParsePath(path)); near != "" {
			p.remedy = fmt.Sprintf("did you mean %s?", near)
		}
		problems = append(problems, p)
	}
	return problems
}

// nearest returns the field of the schema whose name is next to that of an unknown one.
func (k *customKind) nearest(path manifest.Path) string {
	at := k.structural
	for _, element := range path[:max(0, len(path)-1)] {
		name, isField := element.(string)
		switch property, known := at.Properties[name]; {
		case isField && known:
			at = &property
		case isField && at.AdditionalProperties != nil && at.AdditionalProperties.Structural != nil:
			at = at.AdditionalProperties.Structural
		case !isField && at.Items != nil:
			at = at.Items
		default:
			return ""
		}
	}
	name, _ := path[len(path)-1].(string)
	return finding.Nearest(name, slices.Sorted(maps.Keys(at.Properties)))
}
