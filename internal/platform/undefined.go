package platform

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/errors"

	"tenon.dev/tenon/internal/finding"
)

var undefinedField = regexp.MustCompile(`undefined field: "?([^"]+)"?$`)

// parts of a platform whose names other parts name, by what one of them is called.
var parts = map[string]string{"pools": "pool", "images": "image", "tasks": "task", "pipelines": "pipeline", "phases": "phase"}

// undefined explains a name that the render looked up in vain: which part is meant, who names it, and what there is.
func (s *sources) undefined(root cue.Value, e errors.Error, f *finding.Finding) bool {
	m := undefinedField.FindStringSubmatch(strings.TrimSpace(said(e)))
	if m == nil {
		return false
	}
	name := m[1]
	team := root.LookupPath(cue.ParsePath("platform"))
	namers := namersOf(team, name)
	if len(namers) == 0 {
		return false
	}
	namer := namers[0]
	one, group := "part", ""
	for part, called := range parts {
		if namer.part == part {
			one, group = called, part
		}
	}
	exist := fieldsOf(team.LookupPath(cue.ParsePath(group)))
	for i, quoted := range exist {
		exist[i] = strings.Trim(quoted, `"`)
	}
	f.Rule, f.Field = "schema/unresolved", "platform."+namer.field
	f.Message = fmt.Sprintf("%s names the %s %q, and there is none", f.Field, one, name)
	f.Remedy = fmt.Sprintf("call a %s %q, or name another one: %s", one, name, strings.Join(exist, ", "))
	if near := mostLike(name, exist); near != "" {
		f.Remedy = fmt.Sprintf("did you mean %s? There are: %s", near, strings.Join(exist, ", "))
	}
	places := s.declarations(namer.value)
	if len(places) == 0 || s.layerOf(places[0]) != 0 {
		// A default of the schema names it: the place to mend is where the team says what there is.
		f.Message += "; that is the default of the field"
		f.Remedy = fmt.Sprintf("write %s, or call a %s %q: there are %s", nested(namer.field, "..."), one, name, strings.Join(exist, ", "))
		places = slices.Concat(s.declarations(team.LookupPath(cue.ParsePath(group))), places)
	}
	if len(places) > 0 {
		f.Source, f.Related = &places[0], places[1:min(len(places), 4)]
	}
	return true
}

// namer is a field of the platform that names a part of it.
type namer struct {
	field, part string
	value       cue.Value
}

// namersOf are the fields that hold a name where one of a part of the platform belongs.
func namersOf(team cue.Value, name string) []namer {
	var all []namer
	for _, at := range []struct{ list, field, part string }{
		{"", "notebooks.pools.gpu", "pools"}, {"", "notebooks.pools.cpu", "pools"}, {"", "notebooks.image", "images"}, {"", "notebooks.framework.image", "images"},
		{"", "builds.pool", "pools"}, {"", "reviews.pool", "pools"}, {"", "artifactStore.pool", "pools"}, {"", "fallback.trigger", "triggers"},
		{"tasks", "pool", "pools"}, {"jobs", "pool", "pools"}, {"jobs", "image", "images"}, {"triggers", "pool", "pools"}, {"triggers", "pipeline", "pipelines"},
		{"warmPools", "pool", "pools"}, {"environments", "phase", "phases"}, {"images", "from", "images"}, {"", "queue.pool", "pools"},
	} {
		all = append(all, naming(team, at.list, at.field, at.part, name)...)
	}
	for _, group := range [][3]string{{"tasks", "steps", "image"}, {"pipelines", "tasks", "task"}, {"pipelines", "finally", "task"}, {"pipelines", "tasks", "pool"}} {
		for _, outer := range fieldsOf(team.LookupPath(cue.ParsePath(group[0]))) {
			part := map[string]string{"image": "images", "task": "tasks", "pool": "pools"}[group[2]]
			all = append(all, naming(team, group[0]+"."+outer+"."+group[1], group[2], part, name)...)
		}
	}
	return all
}

// naming looks at a field, or at that of each member of a list by name.
func naming(team cue.Value, list, field, part, name string) []namer {
	paths := []string{field}
	if list != "" {
		paths = nil
		for _, member := range fieldsOf(team.LookupPath(cue.ParsePath(list))) {
			paths = append(paths, list+"."+member+"."+field)
		}
	}
	var all []namer
	for _, path := range paths {
		parsed := cue.ParsePath(path)
		if parsed.Err() != nil {
			continue
		}
		value := team.LookupPath(parsed)
		if text, err := value.String(); err == nil && text == name && !team.LookupPath(cue.MakePath(cue.Str(part), cue.Str(name))).Exists() {
			all = append(all, namer{path, part, value})
		}
	}
	return all
}

// nested writes a field as people write it in CUE.
func nested(field, value string) string {
	return strings.ReplaceAll(field, ".", ": ") + ": " + fmt.Sprintf("%q", value)
}
