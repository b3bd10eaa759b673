package platform

import (
	"fmt"
	"slices"

	"cuelang.org/go/cue"
	kjson "sigs.k8s.io/json"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// Target is one environment in one phase.
type Target struct {
	finding.Target
	environment *Environment
}

// Targets returns the targets of the environment, in the order of its rollout.
func (e *Environment) Targets() []Target {
	targets := make([]Target, len(e.Phases))
	for i, phase := range e.Phases {
		targets[i] = Target{finding.Target{Environment: e.Name, Phase: phase}, e}
	}
	return targets
}

// Render returns the objects of the target, sorted, each with its CUE path.
func (t Target) Render() ([]manifest.Object, error) {
	objects, err := t.environment.objects("targets", t.Phase)
	if err != nil {
		return nil, fmt.Errorf("rendering %s: %w", t, err)
	}
	return objects, nil
}

// Files returns what is rendered beside the objects of the target, for people and for other
// systems than the cluster: text by path below the target's folder.
func (t Target) Files() (map[string]string, error) {
	files := map[string]string{}
	value := t.environment.root.LookupPath(cue.MakePath(cue.Str("files"), cue.Str(t.Phase)))
	if !value.Exists() {
		return files, nil
	}
	if err := value.Decode(&files); err != nil {
		return nil, fmt.Errorf("rendering the files of %s: %w", t, err)
	}
	return files, nil
}

// ArgoCD returns the objects that Argo CD itself reads, which are in no target.
func (e *Environment) ArgoCD() ([]manifest.Object, error) {
	if !e.root.LookupPath(cue.ParsePath("argocd")).Exists() {
		return nil, nil
	}
	objects, err := e.objects("argocd")
	if err != nil {
		return nil, fmt.Errorf("rendering what Argo CD reads, of %s: %w", e.Name, err)
	}
	return objects, nil
}

// objects reads what stands at a place by kind and key.
func (e *Environment) objects(at ...string) ([]manifest.Object, error) {
	var selectors []cue.Selector
	var place manifest.Path
	for _, label := range at {
		selectors = append(selectors, cue.Str(label))
		place = append(place, label)
	}
	text, err := e.root.LookupPath(cue.MakePath(selectors...)).MarshalJSON()
	if err != nil {
		return nil, err
	}
	var kinds map[string]map[string]map[string]any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(text, &kinds); err != nil {
		return nil, err
	}
	var objects []manifest.Object
	for kind, named := range kinds {
		for name, value := range named {
			object, ok := manifest.New(value, cueOrigin{e, place.Append(kind, name)})
			if !ok {
				return nil, fmt.Errorf("%s %s lacks apiVersion or kind", kind, name)
			}
			objects = append(objects, object)
		}
	}
	slices.SortFunc(objects, manifest.Compare)
	return objects, nil
}

// cueOrigin traces the fields of one rendered object.
type cueOrigin struct {
	environment *Environment
	at          manifest.Path
}

// Trace returns the places that led to the value of the field, the one to mend first.
func (o cueOrigin) Trace(field manifest.Path, text string) []manifest.Place {
	o.environment.trace.Lock()
	defer o.environment.trace.Unlock()
	return o.environment.places(o.at.Append(field...), text)
}
