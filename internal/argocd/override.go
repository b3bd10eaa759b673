package argocd

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	kjson "sigs.k8s.io/json"

	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/platform"
)

// override puts other builds of the platform's images in place, by the name that the platform gives each.
// Only what the lock holds for the same repository may run: nothing that no review has seen.
func override(objects []manifest.Object, state platform.State, images map[string]string) ([]manifest.Object, error) {
	if len(images) == 0 {
		return objects, nil
	}
	replace := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(images)) {
		is, wanted, err := locked(state, name, images[name])
		if err != nil {
			return nil, err
		}
		replace[is] = wanted
	}
	changed := slices.Clone(objects)
	for i, o := range objects {
		uses := slices.DeleteFunc(image.Uses(objects[i:i+1]), func(u image.Use) bool { return replace[u.Image] == "" })
		if len(uses) == 0 {
			continue
		}
		value, err := clone(o.Value)
		if err != nil {
			return nil, fmt.Errorf("overriding images of %s %s: %w", o.Kind, o.Name, err)
		}
		for _, u := range uses {
			put(value, u.At, replace[u.Image])
		}
		changed[i].Value = value
	}
	return changed, nil
}

// locked finds the reference that is rendered for an image, and the one that is asked for.
func locked(state platform.State, name, asked string) (is, wanted string, err error) {
	own, ok := state.Images[name]
	if !ok {
		return "", "", fmt.Errorf("parameter images: the platform has no image %q: it has %s", name, strings.Join(slices.Sorted(maps.Keys(state.Images)), ", "))
	}
	repository := state.Repository(own)
	reference := func(e platform.LockEntry) string { return repository + ":" + e.Tag + "@" + e.Digest }
	var has []string
	for _, other := range slices.Sorted(maps.Keys(state.Lock)) {
		entry := state.Lock[other]
		if other == name {
			is = reference(entry)
		}
		if state.Repository(state.Images[other]) != repository {
			continue
		}
		has = append(has, entry.Tag)
		if asked == entry.Tag || asked == entry.Digest || asked == entry.Tag+"@"+entry.Digest {
			wanted = reference(entry)
		}
	}
	switch {
	case is == "":
		return "", "", fmt.Errorf("parameter images: the lock has no image %q, so that there is nothing to override", name)
	case wanted == "":
		return "", "", fmt.Errorf("parameter images: the lock has no %s of %s: it has %s", asked, repository, strings.Join(has, ", "))
	}
	return is, wanted, nil
}

func clone(value map[string]any) (map[string]any, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var copied map[string]any
	err = kjson.UnmarshalCaseSensitivePreserveInts(text, &copied)
	return copied, err
}

// put sets what stands at a path that is there.
func put(value any, at manifest.Path, text string) {
	parent, _ := manifest.Lookup(value, at[:len(at)-1])
	switch p := parent.(type) {
	case map[string]any:
		p[at[len(at)-1].(string)] = text
	case []any:
		p[at[len(at)-1].(int)] = text
	}
}
