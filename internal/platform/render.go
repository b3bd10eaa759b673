package platform

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

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
		return nil, e.unheld(text, place, err)
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

// Refused is what no object can be made of.
type Refused struct{ Finding finding.Finding }

func (r Refused) Error() string { return r.Finding.Message }

// unheld says which number cannot be held, where that is why the text was not read; else the error stays.
func (e *Environment) unheld(text []byte, at manifest.Path, err error) error {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return err
	}
	where, number := tooLarge(value, at)
	if number == "" {
		return err
	}
	f := finding.Finding{
		Rule: "schema/invalid-value", Severity: finding.Error, Field: where.String(),
		Message: fmt.Sprintf("%s: %.40s is a number that no API server holds", where, number),
	}
	if places := e.places(where, ""); len(places) > 0 {
		f.Source = &places[0].Position
	}
	return Refused{f}
}

// tooLarge finds a number that overflows what JSON is read into.
func tooLarge(value any, at manifest.Path) (manifest.Path, string) {
	switch v := value.(type) {
	case json.Number:
		if _, err := strconv.ParseFloat(v.String(), 64); err != nil {
			return at, v.String()
		}
	case []any:
		for i, inner := range v {
			if where, number := tooLarge(inner, at.Append(i)); number != "" {
				return where, number
			}
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if where, number := tooLarge(v[key], at.Append(key)); number != "" {
				return where, number
			}
		}
	}
	return nil, ""
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
