// Package overlay knows how targets are laid out as kustomize layers: what is common to all
// goes down, what differs becomes JSON 6902 patches, and every overlay is proven by building
// it. It does not know what the objects mean.
package overlay

import (
	"fmt"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// Rendered is one target with its objects.
type Rendered struct {
	finding.Target
	// Namespace is the platform's own: files of its objects do not name it.
	Namespace string
	Objects   []manifest.Object
	// Files are written beside the overlay, by path below the target's folder.
	Files map[string]string
}

// ArgoCD is the target of what Argo CD itself reads: a folder of its own without layers.
var ArgoCD = finding.Target{Environment: "argocd"}

// reserved names cannot be environments: their folders have another meaning.
var reserved = []string{"base", ArgoCD.Environment}

// besideName fits what may lie beside an overlay: no name leads out of the folder, is hidden, or is one that
// kustomize or Argo CD looks for.
var besideName = regexp.MustCompile(`^(?:(?:samples|github|tekton)/)?[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*\.(?:yaml|yml|json|md|txt)$`)

// IsFileName tells whether a file of that name may be written beside the overlay of a target.
func IsFileName(name string) bool {
	base := strings.ToLower(path.Base(name))
	return besideName.MatchString(name) && !strings.HasPrefix(base, "kustomization.") && !strings.HasPrefix(base, "chart.")
}

// Layout computes the files of the overlays for all targets, by path below the overlays'
// folder. The same targets give the same bytes.
func Layout(targets []Rendered) (map[string][]byte, error) {
	if len(targets) == 0 {
		return nil, fmt.Errorf("no target to lay out: a platform has at least one environment with one phase")
	}
	files := map[string][]byte{}
	environments := map[string][]layer{}
	var order []string
	for _, t := range targets {
		if t.Target == ArgoCD {
			if err := write(files, ArgoCD.Environment, "", layer{"", t.Namespace, byKey(t.Objects)}, nil); err != nil {
				return nil, err
			}
			continue
		}
		if slices.Contains(reserved, t.Environment) || slices.Contains(reserved, t.Phase) {
			return nil, fmt.Errorf("%s: base and argocd are names of folders of their own; rename the environment or phase", t.Target)
		}
		if _, seen := environments[t.Environment]; !seen {
			order = append(order, t.Environment)
		}
		environments[t.Environment] = append(environments[t.Environment], layer{t.Phase, t.Namespace, byKey(t.Objects)})
		for name, text := range t.Files {
			if !IsFileName(name) {
				return nil, fmt.Errorf("%s: the file %q may not be written beside an overlay: samples/NAME, github/NAME, tekton/NAME and NAME.yaml may", t.Target, name)
			}
			files[path.Join(t.Environment, t.Phase, name)] = []byte(text)
		}
	}
	var bases []layer
	for _, name := range order {
		bases = append(bases, layer{name, environments[name][0].namespace, intersection(environments[name])})
	}
	root := intersection(bases)
	if err := write(files, "base", "", layer{"base", bases[0].namespace, root}, nil); err != nil {
		return nil, err
	}
	for i, name := range order {
		if err := write(files, path.Join(name, "base"), unlessEmpty("../../base", root), bases[i], root); err != nil {
			return nil, err
		}
		below := unlessEmpty("../base", bases[i].objects)
		for _, phase := range environments[name] {
			if err := write(files, path.Join(name, phase.name), below, phase, bases[i].objects); err != nil {
				return nil, err
			}
		}
	}
	return files, nil
}

// unlessEmpty leaves out a layer without objects: kustomize refuses to build one.
func unlessEmpty(below string, o objects) string {
	if len(o) == 0 {
		return ""
	}
	return below
}

// layer is a set of objects that one folder of overlays stands for.
type layer struct {
	name      string
	namespace string
	objects   objects
}

type objects map[manifest.Key]manifest.Object

func byKey(list []manifest.Object) objects {
	set := objects{}
	for _, o := range list {
		set[o.Key()] = o
	}
	return set
}

// intersection holds the objects that every layer has. Where they differ, what most of them
// have is taken, unless they differ so much that patches would hide the object: then every
// layer keeps its own.
func intersection(layers []layer) objects {
	common := objects{}
	for k := range layers[0].objects {
		var forms []manifest.Object
		for _, l := range layers {
			if o, has := l.objects[k]; has {
				forms = append(forms, o)
			}
		}
		if len(forms) < len(layers) {
			continue
		}
		if o, ok := middle(forms); ok {
			common[k] = o
		}
	}
	return common
}

// middle takes, leaf by leaf, what most forms have, and of equals the first. So a change in one
// layer shows in its own patch, and moves what is common only where it makes a majority.
func middle(forms []manifest.Object) (manifest.Object, bool) {
	values := make([]any, len(forms))
	for i, f := range forms {
		values[i] = f.Value
	}
	common, _ := plurality(values).(map[string]any)
	for _, f := range forms {
		// A patch finds its object by its name: one without is the same everywhere, or each layer's own.
		if apart(common, f.Value) || f.Name == "" && !reflect.DeepEqual(common, f.Value) {
			return manifest.Object{}, false
		}
	}
	return manifest.New(common, forms[0].Origin)
}

// absent stands for a key that a form does not have.
type absent struct{}

// plurality merges values: maps key by key, lists of one length element by element.
func plurality(values []any) any {
	winner := mostFrequent(values)
	switch w := winner.(type) {
	case map[string]any:
		merged := map[string]any{}
		for key := range keys(values) {
			if v := plurality(at(values, key)); v != any(absent{}) {
				merged[key] = v
			}
		}
		return merged
	case []any:
		var alike [][]any
		for _, v := range values {
			if list, ok := v.([]any); ok && len(list) == len(w) {
				alike = append(alike, list)
			}
		}
		merged := make([]any, len(w))
		for i := range w {
			elements := make([]any, len(alike))
			for j, list := range alike {
				elements[j] = list[i]
			}
			merged[i] = plurality(elements)
		}
		return merged
	}
	return winner
}

// mostFrequent returns the value that occurs most often, of equals the first. Maps count as
// alike, and so do lists of one length: what is in them is merged.
func mostFrequent(values []any) any {
	best, most := 0, 0
	for i, v := range values {
		count := 0
		for _, other := range values {
			if alike(v, other) {
				count++
			}
		}
		if count > most {
			best, most = i, count
		}
	}
	return values[best]
}

func alike(a, b any) bool {
	switch x := a.(type) {
	case map[string]any:
		_, ok := b.(map[string]any)
		return ok
	case []any:
		y, ok := b.([]any)
		return ok && len(x) == len(y)
	}
	return reflect.DeepEqual(a, b)
}

// keys are those of all maps among the values.
func keys(values []any) map[string]bool {
	all := map[string]bool{}
	for _, v := range values {
		m, _ := v.(map[string]any)
		for key := range m {
			all[key] = true
		}
	}
	return all
}

// at takes one key of every map among the values.
func at(values []any, key string) []any {
	var found []any
	for _, v := range values {
		m, ok := v.(map[string]any)
		if !ok {
			continue
		}
		if value, has := m[key]; has {
			found = append(found, value)
		} else {
			found = append(found, absent{})
		}
	}
	return found
}

// apart tells whether most of an object differs: more than half of its leaves.
func apart(a, b map[string]any) bool {
	if reflect.DeepEqual(a, b) {
		return false
	}
	same, all := overlap(a, b)
	return 2*same < all
}

// overlap counts the leaves of a, and those of them that b has too.
func overlap(a, b any) (same, all int) {
	switch x := a.(type) {
	case map[string]any:
		y, _ := b.(map[string]any)
		for k, v := range x {
			s, n := overlap(v, y[k])
			same, all = same+s, all+n
		}
		return same, all
	case []any:
		y, _ := b.([]any)
		for i, v := range x {
			var other any
			if i < len(y) {
				other = y[i]
			}
			s, n := overlap(v, other)
			same, all = same+s, all+n
		}
		return same, all
	}
	if reflect.DeepEqual(a, b) {
		return 1, 1
	}
	return 0, 1
}

func (o objects) sorted() []manifest.Object {
	list := make([]manifest.Object, 0, len(o))
	for _, object := range o {
		list = append(list, object)
	}
	slices.SortFunc(list, manifest.Compare)
	return list
}

// write puts one layer's folder into files: the objects that the layer below lacks, and
// patches for those that differ.
func write(files map[string][]byte, dir, below string, l layer, under objects) error {
	var resources []string
	var patches []patch
	if below != "" {
		resources = append(resources, below)
	}
	for _, o := range l.objects.sorted() {
		lower, inherited := under[o.Key()]
		if !inherited {
			data, err := manifest.Marshal(o)
			if err != nil {
				return err
			}
			resources = append(resources, fileName(o, l.namespace, ".yaml"))
			files[path.Join(dir, fileName(o, l.namespace, ".yaml"))] = data
			continue
		}
		operations := difference(lower.Value, o.Value, "")
		if len(operations) == 0 {
			continue
		}
		data, err := marshalPatch(operations)
		if err != nil {
			return fmt.Errorf("writing the patch of %s %s: %w", o.Kind, o.Name, err)
		}
		patches = append(patches, patch{fileName(o, l.namespace, ".json"), o})
		files[path.Join(dir, fileName(o, l.namespace, ".json"))] = data
	}
	if len(resources) == 0 {
		return nil // an empty layer has no folder
	}
	files[path.Join(dir, "kustomization.yaml")] = kustomization(resources, patches)
	return nil
}

// fileName is stable for an object: its kind, its namespace unless that is the platform's own,
// and its name. A target has one object of these, since the render is keyed by them.
func fileName(o manifest.Object, own, extension string) string {
	name := o.Name
	if o.Namespace != "" && o.Namespace != own {
		name = o.Namespace + "." + name
	}
	return strings.ToLower(o.Kind) + "-" + strings.ReplaceAll(name, ":", "_") + extension
}
