package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/typed"
)

// podMakers are groups of operators that make pods of whole templates, as they are: of others a template may lack what the
// operator adds, such as the name of a container of Knative.
var podMakers = []string{"kubeflow.org", "jobset.x-k8s.io", "leaderworkerset.x-k8s.io", "ray.io", "batch.volcano.sh"}

// madePod is a template of pods within a custom resource, as an object of its own.
type madePod struct {
	// object is a PodTemplate; nobody applies it.
	object, owner manifest.Object
	// at is where in the owner the template is written.
	at manifest.Path
}

// madePods are the templates of pods within training jobs and others.
func madePods(o manifest.Object) []madePod {
	if !slices.Contains(podMakers, o.GroupKind().Group) {
		return nil
	}
	var all []madePod
	var visit func(value any, at manifest.Path)
	visit = func(value any, at manifest.Path) {
		switch v := value.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				spec, _ := manifest.Lookup(v[key], manifest.Path{"spec", "containers"})
				if list, is := spec.([]any); is && len(list) > 0 && strings.HasSuffix(strings.ToLower(key), "template") {
					all = append(all, madePod{owner: o, at: at.Append(key), object: asPodTemplate(o, v[key], len(all))})
					continue
				}
				visit(v[key], at.Append(key))
			}
		case []any:
			for i, item := range v {
				visit(item, at.Append(i))
			}
		}
	}
	visit(o.Value["spec"], manifest.Path{"spec"})
	return all
}

func asPodTemplate(o manifest.Object, template any, n int) manifest.Object {
	made := o
	made.APIVersion, made.Kind, made.Name, made.Written = "v1", "PodTemplate", fmt.Sprintf("%s-%d", o.Name, n), nil
	made.Value = map[string]any{
		"apiVersion": made.APIVersion, "kind": made.Kind, "template": template,
		"metadata": map[string]any{"name": made.Name, "namespace": o.Namespace},
	}
	return typed.Readable(made)
}

// ofOwner makes what is said of such a template a finding about the object that it is written in.
func (m madePod) ofOwner(f finding.Finding) finding.Finding {
	path := manifest.ParsePath(f.Field)
	if len(path) > 0 && path[0] == any("template") {
		path = path[1:]
	} else {
		path = nil // of the object itself there is nothing
	}
	f.Object, f.Field = m.owner.Ref(), m.at.Append(path...).String()
	f.Message = strings.ReplaceAll(f.Message, "PodTemplate "+m.object.Name, m.owner.Kind+" "+m.owner.Name)
	f.Message = strings.ReplaceAll(f.Message, "the PodTemplate", "the "+m.owner.Kind)
	f.Message = strings.ReplaceAll(f.Message, "template.spec.", m.at.String()+".spec.")
	return f
}

// typesOfMade is what the API server says of the pods that an operator would make.
func typesOfMade(types *typed.Checker, o manifest.Object) []finding.Finding {
	var found []finding.Finding
	for _, made := range madePods(o) {
		for _, f := range types.Check(made.asWritten()) {
			if strings.HasPrefix(f.Field, "template") {
				found = append(found, made.ofOwner(f))
			}
		}
	}
	return found
}

// asWritten is a made pod as it is written, with what does not decode.
func (m madePod) asWritten() manifest.Object {
	o := m.object
	if o.Written != nil {
		o.Value, o.Written = o.Written, nil
	}
	return o
}
