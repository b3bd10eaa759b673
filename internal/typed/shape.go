package typed

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"tenon.dev/tenon/internal/manifest"
)

// misfits compares a decoded value with the Go type that it should fit: every field that the
// type does not have, and every value of another type, each with its full path. Upstream's
// decoders stop at the first, or do not say where it is.
func misfits(value any, want reflect.Type) []problem {
	s := shape{}
	s.compare(value, want, nil, nil)
	return s.problems
}

type shape struct{ problems []problem }

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// compare looks at one value; outer are the struct types around it, the nearest last.
func (s *shape) compare(value any, want reflect.Type, at manifest.Path, outer []level) {
	if value == nil {
		return // null is the absence of a value everywhere
	}
	if want.Kind() == reflect.Pointer {
		s.compare(value, want.Elem(), at, outer)
		return
	}
	if reflect.PointerTo(want).Implements(unmarshaler) {
		s.custom(value, want, at)
		return
	}
	switch want.Kind() {
	case reflect.Struct:
		s.structure(value, want, at, outer)
	case reflect.Map:
		m, ok := value.(map[string]any)
		if !ok {
			s.wrong(value, "map", at)
			return
		}
		for _, key := range slices.Sorted(maps.Keys(m)) {
			s.compare(m[key], want.Elem(), at.Append(key), outer)
		}
	case reflect.Slice:
		if want.Elem().Kind() == reflect.Uint8 {
			s.custom(value, want, at)
			return
		}
		list, ok := value.([]any)
		if !ok {
			s.wrong(value, "list", at)
			return
		}
		for i, item := range list {
			s.compare(item, want.Elem(), at.Append(i), outer)
		}
	case reflect.Interface:
	default:
		s.scalar(value, want, at)
	}
}

// level is a struct type on the way to a value.
type level struct {
	at   manifest.Path
	want reflect.Type
}

func (s *shape) structure(value any, want reflect.Type, at manifest.Path, outer []level) {
	m, ok := value.(map[string]any)
	if !ok {
		s.wrong(value, "map", at)
		return
	}
	fields := fieldsOf(want)
	inner := append(slices.Clone(outer), level{at, want})
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if field, known := fields[key]; known {
			s.compare(m[key], field, at.Append(key), inner)
			continue
		}
		s.problems = append(s.problems, problem{
			rule: "types/unknown-field", field: at.Append(key).String(),
			message: fmt.Sprintf("unknown field %q", at.Append(key)), remedy: suggestion(key, want, outer),
		})
	}
}

// custom asks the type itself: it reads its own JSON, as quantities and durations do.
func (s *shape) custom(value any, want reflect.Type, at manifest.Path) {
	raw, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(raw, reflect.New(want).Interface())
	}
	if err == nil {
		return
	}
	p := decodeProblem(err)
	p.field = at.String()
	if p.rule == "types/wrong-type" {
		p.message = fmt.Sprintf("%s has %s where %s belongs", at, nameOf(value), article(want.Name()))
	}
	s.problems = append(s.problems, p)
}

func (s *shape) scalar(value any, want reflect.Type, at manifest.Path) {
	raw, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(raw, reflect.New(want).Interface())
	}
	if err != nil {
		s.wrong(value, scalarNames[want.Kind()], at)
	}
}

func (s *shape) wrong(value any, want string, at manifest.Path) {
	p := problem{
		rule: "types/wrong-type", field: at.String(),
		message: fmt.Sprintf("%s has %s where %s belongs", at, nameOf(value), article(want)),
	}
	if _, isText := value.(string); want == "string" && !isText {
		p.remedy = "put it in quotes"
	}
	s.problems = append(s.problems, p)
}

var scalarNames = map[reflect.Kind]string{
	reflect.String: "string", reflect.Bool: "boolean", reflect.Float32: "number", reflect.Float64: "number",
	reflect.Int: "integer", reflect.Int32: "integer", reflect.Int64: "integer", reflect.Int16: "integer", reflect.Int8: "integer",
	reflect.Uint: "integer", reflect.Uint32: "integer", reflect.Uint64: "integer", reflect.Uint16: "integer", reflect.Uint8: "integer",
}

func nameOf(value any) string {
	switch v := value.(type) {
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case []any:
		return "a list"
	case map[string]any:
		return "a map"
	case float64:
		if v != float64(int64(v)) {
			return "a fraction"
		}
	}
	return "a number"
}

func article(name string) string {
	if name != "" && strings.ContainsRune("aeioAEIO", rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}

var knownFields sync.Map // reflect.Type -> map[string]reflect.Type

// fieldsOf lists the JSON fields of a struct, those of embedded structs included.
func fieldsOf(want reflect.Type) map[string]reflect.Type {
	if known, ok := knownFields.Load(want); ok {
		return known.(map[string]reflect.Type)
	}
	fields := map[string]reflect.Type{}
	for f := range want.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" && options == "" || !f.IsExported() && !f.Anonymous:
		case name == "" && (f.Anonymous || strings.Contains(options, "inline")):
			embedded := f.Type
			if embedded.Kind() == reflect.Pointer {
				embedded = embedded.Elem()
			}
			if embedded.Kind() == reflect.Struct {
				maps.Copy(fields, fieldsOf(embedded))
			}
		case name == "":
			fields[f.Name] = f.Type
		default:
			fields[name] = f.Type
		}
	}
	knownFields.Store(want, fields)
	return fields
}
