// Package typed knows the real Go types of Kubernetes, Tekton and Triggers: it decodes objects
// strictly into them and asks upstream's own defaulting and validation for a verdict, which is
// the verdict of the API server or of Tekton's webhook. It looks at one object at a time.
package typed

import (
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// Settings are the facts about a cluster that its validation depends on.
type Settings struct {
	// Coschedule is Tekton's feature flag of that name.
	Coschedule string
	// EnableAPIFields is Tekton's feature flag of that name.
	EnableAPIFields string
	// FeatureFlags are further feature flags of Tekton by name.
	FeatureFlags map[string]string
	// Kubernetes is the cluster's version, such as 1.37; empty means the newest known.
	Kubernetes string
	// KnownKinds are kinds of installed operators, as group/Kind, that are taken on trust.
	KnownKinds map[string]bool
	// Complete makes an unknown kind an error; otherwise it is a warning.
	Complete bool
}

// Checker validates objects. It is safe for concurrent use.
type Checker struct {
	settings    Settings
	tekton      context.Context
	definitions *Definitions
}

// New makes a checker. It fails where the settings name an unknown feature. Custom resources are
// checked against the definitions given, which may be nil, and those that tenon holds.
func New(settings Settings, definitions *Definitions) (*Checker, error) {
	ctx, err := tektonContext(settings)
	if err != nil {
		return nil, err
	}
	if definitions == nil {
		definitions = embedded
	}
	return &Checker{settings: settings, tekton: ctx, definitions: definitions}, nil
}

// problem is one thing that upstream says is wrong.
type problem struct {
	rule    string
	field   string
	message string
	remedy  string
	// value is what upstream calls invalid; of a map it tells which entry is meant.
	value any
	// causes are other fields that may be the ones to mend.
	causes []string
	// warning says that the server takes the object all the same.
	warning bool
}

// Check returns what the API server, or Tekton's webhook, would say of the object.
func (c *Checker) Check(o manifest.Object) []finding.Finding {
	raw, err := json.Marshal(o.Value)
	if err != nil {
		return c.findings(o, []problem{{rule: "types/decode", message: err.Error()}})
	}
	gvk := schema.FromAPIVersionAndKind(o.APIVersion, o.Kind)
	if factory, known := tektonKinds[gvk]; known {
		return c.findings(o, c.checkTekton(factory(), o.Value, raw))
	}
	if known, problems := c.checkBuiltin(gvk, o.Value, raw); known {
		return append(c.findings(o, problems), checkTektonConfig(o, raw)...)
	}
	if known, problems := c.checkCustom(gvk, raw); known {
		return c.findings(o, problems)
	}
	return c.unknown(o, gvk)
}

func (c *Checker) findings(o manifest.Object, problems []problem) []finding.Finding {
	var found []finding.Finding
	for _, p := range problems {
		f := finding.Finding{
			Rule: p.rule, Severity: finding.Error, Message: p.message, Remedy: p.remedy,
			Object: o.Ref(), Quote: quotedVariable.FindString(p.message),
		}
		f.Field = entry(o, inEmbedded(o, translate(o, p.field), f.Quote), p.value)
		if f.Remedy == "" {
			f.Remedy = oneDash(o.Value, f.Field, f.Message)
		}
		if p.warning {
			f.Severity = finding.Warning
		}
		for _, field := range p.causes {
			f.Causes = append(f.Causes, finding.Cause{Object: *o.Ref(), Field: field})
		}
		found = append(found, f)
	}
	return found
}

// maxSearched bounds what is searched once for each problem: an object may have as many of both.
const maxSearched = 200

// entry adds the key to the path of a map, of which upstream names only the invalid value.
func entry(o manifest.Object, field string, value any) string {
	path := manifest.ParsePath(field)
	found, _ := manifest.Lookup(o.Value, path)
	m, isMap := found.(map[string]any)
	text, isText := value.(string)
	if !isMap || !isText || len(m) > maxSearched {
		return field
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if m[key] == text || key == text {
			return path.Append(key).String()
		}
	}
	return field
}

// quotedVariable is the variable that a message of Tekton is about.
var quotedVariable = regexp.MustCompile(`\$\((params|tt\.params|workspaces|results|tasks|context)[.\[][^()\s]*\)`)

// byName matches list elements that Tekton names instead of counting: spec.tasks[checkout].
var byName = regexp.MustCompile(`^[A-Za-z]`)

// translate turns a path that names elements of lists into one that counts them, and writes
// it as manifest.Path does.
func translate(o manifest.Object, field string) string {
	return counted(o.Value, manifest.ParsePath(field)).String()
}

// counted is a path within a value, with the elements of lists that it names counted.
func counted(value any, names manifest.Path) manifest.Path {
	var path manifest.Path
	for _, element := range names {
		if name, ok := element.(string); ok && byName.MatchString(name) {
			if list, ok := value.([]any); ok {
				element = indexByName(list, name)
			}
		}
		path = append(path, element)
		value, _ = manifest.Lookup(value, manifest.Path{element})
	}
	return path
}

func indexByName(list []any, name string) any {
	for i, item := range list {
		if m, ok := item.(map[string]any); ok && m["name"] == name {
			return i
		}
	}
	return name
}

var jsonType = regexp.MustCompile(`cannot unmarshal (\S+) into Go`)

// decodeProblem explains why a type could not read its own JSON.
func decodeProblem(err error) problem {
	text := err.Error()
	p := problem{rule: "types/decode", message: text}
	switch {
	case jsonType.MatchString(text):
		p.rule = "types/wrong-type"
	case strings.Contains(text, "quantities must match"):
		p.message = "a quantity is not a literal number with an optional unit: " + text
		p.remedy = "write it out: quantities are parsed on admission, before any variable is substituted"
	case strings.Contains(text, "illegal base64"):
		p.message = "the value is not base64: " + text
		p.remedy = "encode it, or write it in stringData"
	}
	return p
}

// without returns the value with the fields left out that do not decode, so that the rest can
// be validated. The value itself is left as it is.
func without(value map[string]any, problems []problem) map[string]any {
	pruned := runtime.DeepCopyJSON(value)
	for _, p := range problems {
		if p.rule == "types/unknown-field" {
			continue // decoders ignore it
		}
		path := manifest.ParsePath(p.field)
		if len(path) == 0 {
			continue
		}
		parent, _ := manifest.Lookup(pruned, path[:len(path)-1])
		switch at := parent.(type) {
		case map[string]any:
			if key, ok := path[len(path)-1].(string); ok {
				delete(at, key)
			}
		case []any:
			if i, ok := path[len(path)-1].(int); ok && i < len(at) {
				at[i] = nil
			}
		}
	}
	return pruned
}

// independent leaves out what validators say only because a field did not decode: of that
// field, of what is in it, and that its place lacks something.
func independent(found, misfits []problem) []problem {
	misfits = misfits[:min(len(misfits), maxSearched)]
	return slices.DeleteFunc(found, func(p problem) bool {
		for _, m := range misfits {
			field, place := manifest.ParsePath(m.field), manifest.ParsePath(p.field)
			parent := field[:max(0, len(field)-1)].String()
			lacks := strings.Contains(p.message, "missing field") || strings.Contains(p.message, "expected exactly one")
			// What is required is told by its own field: beside a misspelt one it may be that, beside a wrong type it is not.
			misspelt := p.rule == "types/required" && m.rule == "types/unknown-field" && place[:max(0, len(place)-1)].String() == parent
			if misspelt || lacks && strings.HasPrefix(p.field, parent) || m.rule != "types/unknown-field" && len(place) >= len(field) && place[:len(field)].String() == m.field {
				return true
			}
		}
		return false
	})
}
