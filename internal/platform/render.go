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
	at := cue.MakePath(cue.Str("targets"), cue.Str(t.Phase))
	text, err := t.environment.root.LookupPath(at).MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("rendering %s: %w", t, err)
	}
	var kinds map[string]map[string]map[string]any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(text, &kinds); err != nil {
		return nil, fmt.Errorf("rendering %s: %w", t, err)
	}
	var objects []manifest.Object
	for kind, named := range kinds {
		for name, value := range named {
			origin := cueOrigin{t.environment, manifest.Path{"targets", t.Phase, kind, name}}
			object, ok := manifest.New(value, origin)
			if !ok {
				return nil, fmt.Errorf("rendering %s: %s %s lacks apiVersion or kind", t, kind, name)
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
