package gate

import (
	"path"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/pattern"
)

// callForm fits a call of tenon among the words of a command or the text of a script.
var callForm = pattern.New(`(?m)(?:^|[\s;&|("'=/\x60])tenon(?:$|[\s"')\x60])`)

// runners adds what changes of the objects by which the base runs tenon on a cluster: a Task that calls it, the pipelines
// and templates that lead there, a Job. Of a target that is compared with one of another environment, what it lacks may
// be that one's own.
func (m *meaning) runners(t finding.Target, before []manifest.Object, changes []diff.Object, removed bool) {
	if !slices.ContainsFunc(before, callsTenon) {
		return
	}
	leading := leadingToTenon(before)
	for _, o := range changes {
		if o.Before == nil || !leading[o.Object.Kind+"/"+o.Object.Name] {
			continue
		}
		if o.After == nil && !removed {
			continue
		}
		if o.After == nil {
			m.add("runners", item{"op": o.Op, "object": o.Object}, t)
			continue
		}
		var fields []string
		for _, c := range o.Changes {
			if decides(c) {
				fields = append(fields, c.Field)
			}
		}
		if len(fields) > 0 {
			m.add("runners", item{"op": o.Op, "object": o.Object, "field": some(fields)}, t)
		}
	}
}

// leadingToTenon are the objects, by kind and name, that call tenon or name one that does.
func leadingToTenon(objects []manifest.Object) map[string]bool {
	leading := map[string]bool{}
	for found := true; found; {
		found = false
		for _, o := range objects {
			key := o.Kind + "/" + o.Name
			if runs(o) && !leading[key] && (callsTenon(o) || namesOne(o.Value, leading)) {
				leading[key], found = true, true
			}
		}
	}
	return leading
}

// callsTenon tells whether a script or a command within an object calls tenon.
func callsTenon(o manifest.Object) bool {
	called := false
	leavesWith(o.Value, "", func(field string, value any) {
		switch last := field[strings.LastIndexByte(field, '.')+1:]; last {
		case "script":
			text, _ := value.(string)
			called = called || callForm.MatchString(text)
		case "command", "args":
			for _, word := range asList(value) {
				text, _ := word.(string)
				called = called || callForm.MatchString(text)
			}
		case "image": // whose entrypoint it is
			text, _ := value.(string)
			called = called || path.Base(image.Repository(text)) == "tenon"
		}
	})
	return called
}

func asList(value any) []any {
	list, _ := value.([]any)
	return list
}

// namesOne tells whether a value names one of these, which are given as kind/name.
func namesOne(value any, among map[string]bool) bool {
	named := false
	eachNamed(value, func(kind, name string) { named = named || among[kind+"/"+name] })
	return named
}

// namedKinds are the kinds of what a field names whose value has a name.
var namedKinds = map[string]string{
	"taskRef": "Task", "pipelineRef": "Pipeline", "ref": "StepAction", "configMap": "ConfigMap", "configmap": "ConfigMap", "configMapRef": "ConfigMap", "configMapKeyRef": "ConfigMap",
}

// eachNamed visits the tasks, pipelines, StepActions and ConfigMaps that a value names.
func eachNamed(value any, visit func(kind, name string)) {
	leavesWith(value, "", func(field string, inner any) {
		fields, _ := inner.(map[string]any)
		name, _ := fields["name"].(string)
		if fields["resolver"] == "cluster" {
			name = parameter(fields, "name")
		}
		if kind := namedKinds[field[strings.LastIndexByte(field, '.')+1:]]; kind != "" && name != "" {
			visit(kind, name)
		}
	})
}

// parameter is the value that a reference gives a parameter of its resolver.
func parameter(ref map[string]any, called string) string {
	list, _ := ref["params"].([]any)
	for _, inner := range list {
		if fields, _ := inner.(map[string]any); fields["name"] == called {
			text, _ := fields["value"].(string)
			return text
		}
	}
	return ""
}

// plainPart fits the parts of an object that decide nothing about what it runs.
var plainPart = pattern.New(`^metadata\.|(^|\.)(description|displayName|resources|computeResources)(\.|$)`)

// decides tells whether a change is about what is run. Another version of the same image is told as such; another
// digest for the same version is none.
func decides(c diff.Change) bool {
	if isUpgrade(c) {
		before, _, _ := strings.Cut(c.Before.(string), "@")
		after, _, _ := strings.Cut(c.After.(string), "@")
		return before == after
	}
	return !plainPart.MatchString(plainField(c.Field))
}

// isUpgrade tells whether an image is another one of the same repository.
func isUpgrade(c diff.Change) bool {
	before, was := c.Before.(string)
	after, is := c.After.(string)
	return was && is && strings.HasSuffix(c.Field, "image") && image.Repository(before) == image.Repository(after)
}
