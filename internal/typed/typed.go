// Package typed knows the real Go types of Kubernetes, Tekton and Triggers: it decodes objects
// strictly into them and asks upstream's own defaulting and validation for a verdict, which is
// the verdict of the API server or of Tekton's webhook. It looks at one object at a time.
package typed

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
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
	// KnownKinds are kinds of installed operators, as group/Kind, that are taken on trust.
	KnownKinds map[string]bool
	// Complete makes an unknown kind an error; otherwise it is a warning.
	Complete bool
}

// Checker validates objects. It is safe for concurrent use.
type Checker struct {
	settings Settings
	tekton   context.Context
}

// New makes a checker. It fails where the settings name an unknown feature.
func New(settings Settings) (*Checker, error) {
	ctx, err := tektonContext(settings)
	if err != nil {
		return nil, err
	}
	return &Checker{settings: settings, tekton: ctx}, nil
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
}

// Check returns what the API server, or Tekton's webhook, would say of the object.
func (c *Checker) Check(o manifest.Object) []finding.Finding {
	raw, err := json.Marshal(o.Value)
	if err != nil {
		return c.findings(o, []problem{{rule: "types/decode", message: err.Error()}})
	}
	gvk := schema.FromAPIVersionAndKind(o.APIVersion, o.Kind)
	switch {
	case strings.HasSuffix(gvk.Group, "tekton.dev"):
		if factory, known := tektonKinds[gvk]; known {
			return c.findings(o, c.checkTekton(factory(), raw))
		}
	default:
		if known, problems := checkBuiltin(gvk, raw); known {
			return c.findings(o, problems)
		}
		if known, problems := checkCustom(gvk, raw); known {
			return c.findings(o, problems)
		}
	}
	return c.unknown(o, gvk)
}

func (c *Checker) findings(o manifest.Object, problems []problem) []finding.Finding {
	var found []finding.Finding
	for _, p := range problems {
		if p.rule == "types/decode" && strings.Contains(p.message, "quantities must match") {
			p.field = badQuantity(o.Value, nil).String()
		}
		f := finding.Finding{
			Rule: p.rule, Severity: finding.Error, Message: p.message, Remedy: p.remedy,
			Object: o.Ref(), Field: entry(o, translate(o, p.field), p.value),
		}
		for _, field := range p.causes {
			f.Causes = append(f.Causes, finding.Cause{Object: *o.Ref(), Field: field})
		}
		found = append(found, f)
	}
	return found
}

// entry adds the key to the path of a map, of which upstream names only the invalid value.
func entry(o manifest.Object, field string, value any) string {
	path := manifest.ParsePath(field)
	found, _ := manifest.Lookup(o.Value, path)
	m, isMap := found.(map[string]any)
	text, isText := value.(string)
	if !isMap || !isText {
		return field
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if m[key] == text || key == text {
			return path.Append(key).String()
		}
	}
	return field
}

// quantities are the fields whose values are quantities.
var quantities = map[string]bool{
	"requests": true, "limits": true, "hard": true, "capacity": true, "default": true, "defaultRequest": true,
	"min": true, "max": true, "allocatable": true, "sizeLimit": true, "averageValue": true,
}

// badQuantity finds the first value that is no quantity where one belongs: the decoder does
// not say which it was.
func badQuantity(value any, at manifest.Path) manifest.Path {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			here := at.Append(key)
			if text, ok := v[key].(string); ok && len(at) > 0 && (quantities[fmt.Sprint(at[len(at)-1])] || quantities[key]) {
				if _, err := resource.ParseQuantity(text); err != nil {
					return here
				}
			}
			if found := badQuantity(v[key], here); found != nil {
				return found
			}
		}
	case []any:
		for i, item := range v {
			if found := badQuantity(item, at.Append(i)); found != nil {
				return found
			}
		}
	}
	return nil
}

// byName matches list elements that Tekton names instead of counting: spec.tasks[checkout].
var byName = regexp.MustCompile(`^[A-Za-z]`)

// translate turns a path that names elements of lists into one that counts them, and writes
// it as manifest.Path does.
func translate(o manifest.Object, field string) string {
	var path manifest.Path
	var at any = o.Value
	elements := manifest.ParsePath(field)
	for i, element := range elements {
		if name, ok := element.(string); ok && byName.MatchString(name) {
			if list, ok := at.([]any); ok {
				found := indexByName(list, name)
				if found == any(name) {
					// encoding/json names no element: take the first that has the field.
					return path.Append(firstWith(list, elements[i:])...).String()
				}
				element = found
			}
		}
		path = append(path, element)
		at, _ = manifest.Lookup(at, manifest.Path{element})
	}
	return path.String()
}

func indexByName(list []any, name string) any {
	for i, item := range list {
		if m, ok := item.(map[string]any); ok && m["name"] == name {
			return i
		}
	}
	return name
}

func firstWith(list []any, rest manifest.Path) manifest.Path {
	for i, item := range list {
		if _, has := manifest.Lookup(item, rest); has {
			return manifest.Path{i}.Append(rest...)
		}
	}
	return rest
}

var unknownField = regexp.MustCompile(`unknown field "([^"]+)"`)
var duplicateField = regexp.MustCompile(`duplicate field "([^"]+)"`)
var jsonType = regexp.MustCompile(`json: cannot unmarshal (\S+) into Go (?:struct field \S+?\.(\S+)|value) of type (\S+)`)

// decodeProblem explains an error of strict decoding.
func decodeProblem(err error, renamed map[string]string) problem {
	text := err.Error()
	if m := unknownField.FindStringSubmatch(text); m != nil {
		p := problem{rule: "types/unknown-field", field: m[1], message: fmt.Sprintf("unknown field %q", m[1])}
		last := m[1][strings.LastIndexByte(m[1], '.')+1:]
		if better, ok := renamed[last]; ok {
			p.remedy = better
		}
		return p
	}
	if m := duplicateField.FindStringSubmatch(text); m != nil {
		return problem{rule: "types/duplicate-field", field: m[1], message: fmt.Sprintf("field %q is given twice", m[1])}
	}
	if m := jsonType.FindStringSubmatch(text); m != nil {
		return problem{rule: "types/wrong-type", field: m[2], message: fmt.Sprintf("%s has a %s where a %s belongs", m[2], m[1], m[3])}
	}
	p := problem{rule: "types/decode", message: text}
	if strings.Contains(text, "quantities must match") {
		p.message = "a quantity is not a literal number with an optional unit: " + text
		p.remedy = "write it out: quantities are parsed on admission, before any variable is substituted"
	}
	return p
}
