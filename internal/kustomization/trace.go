package kustomization

import (
	"path"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"

	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// patch is one patch of a kustomization: an object that is merged, or operations of JSON 6902.
type patch struct {
	target     *types.Selector
	object     *manifest.Object
	operations []operation
}

// operation is one of JSON 6902, with where it stands.
type operation struct {
	path     string
	position finding.Position
}

// patchesOf reads the patches of kustomizations, those of the first last, which win.
func (p *plan) patchesOf(all []*folder) []patch {
	var patches []patch
	for _, f := range slices.Backward(all) {
		for _, one := range statedPatches(f.value) {
			patches = append(patches, p.patch(f, one.Path, one.Patch, one.Target)...)
		}
	}
	return patches
}

// patch reads one patch: of a file, or what stands in the kustomization.
func (p *plan) patch(f *folder, file, inline string, target *types.Selector) []patch {
	name := f.file
	var text []byte
	var parsed manifest.Parsed
	if file != "" {
		name = path.Join(f.dir, file)
		parsed = p.parse(name)
		text, _ = confine.ReadFS(p.tree, name, maxFile)
	} else {
		// As many lines as stand above it, and as deep as it stands, so that its own are where they are in the file.
		above, indent := f.lineOf(inline)
		text = []byte(strings.Repeat("\n", above) + indent + strings.ReplaceAll(strings.TrimLeft(inline, "\n"), "\n", "\n"+indent))
		parsed = manifest.Parse(p.show(name), text)
	}
	var patches []patch
	for _, o := range parsed.Objects {
		patches = append(patches, patch{target: target, object: &o})
	}
	if operations := operationsOf(p.show(name), text); len(operations) > 0 {
		patches = append(patches, patch{target: target, operations: operations})
	}
	return patches
}

// lineOf is how many lines stand above the first of a text in the kustomization, and how far it is indented.
func (f *folder) lineOf(text string) (above int, indent string) {
	first := strings.TrimSpace(strings.SplitN(strings.TrimLeft(text, "\n"), "\n", 2)[0])
	for i, line := range strings.Split(string(f.text), "\n") {
		if strings.TrimSpace(line) == first {
			return i, line[:len(line)-len(strings.TrimLeft(line, " "))]
		}
	}
	return 0, ""
}

// operationsOf reads a list of operations.
func operationsOf(file string, text []byte) []operation {
	var node yamlv3.Node
	if yamlv3.Unmarshal(text, &node) != nil || len(node.Content) == 0 || node.Content[0].Kind != yamlv3.SequenceNode {
		return nil
	}
	var all []operation
	for _, item := range node.Content[0].Content {
		var said struct{ Op, Path string }
		if item.Decode(&said) == nil && said.Path != "" && said.Op != "remove" && said.Op != "test" {
			all = append(all, operation{said.Path, finding.Position{File: file, Line: item.Line, Column: item.Column}})
		}
	}
	return all
}

// origin tells where the fields of a built object come from.
func (p *plan) origin(f *folder, all []*folder, patches []patch, o manifest.Object, from *resource.Origin) manifest.Origin {
	b := built{value: o.Value, place: *p.at(f)}
	if from != nil && from.ConfiguredIn != "" {
		b.place = p.generatedBy(f, all, from.ConfiguredIn, o.Kind)
	}
	if file := fileOf(f, from); file != "" {
		b.source = sourceOf(p.parse(file).Objects, o)
		if b.source == nil {
			b.place = finding.Position{File: p.show(file), Line: 1}
		}
	}
	name := o.Name
	if b.source != nil {
		name = b.source.Name
	}
	for _, one := range patches {
		if one.isOf(o, name) {
			b.patches = append(b.patches, one)
		}
	}
	for _, g := range all {
		for field, keys := range transformed {
			for _, key := range keys {
				if line := g.line(key); line > 1 || strings.HasPrefix(string(g.text), key+":") {
					b.fields = append(b.fields, transformation{field, finding.Position{File: p.show(g.file), Line: line}})
				}
			}
		}
	}
	slices.SortFunc(b.fields, func(x, y transformation) int {
		return strings.Compare(x.field+x.place.File, y.field+y.place.File)
	})
	return b
}

// generatedBy is where a kustomization says what it generates.
func (p *plan) generatedBy(f *folder, all []*folder, in, kind string) finding.Position {
	file := strings.TrimPrefix(path.Join("/", f.dir, in), "/")
	for _, g := range all {
		if g.file == file {
			return finding.Position{File: p.show(file), Line: g.line(strings.ToLower(kind[:1]) + kind[1:] + "Generator")}
		}
	}
	return *p.at(f)
}

// transformed are the fields that keys of a kustomization set.
var transformed = map[string][]string{
	"image": {"images", "imageTags"}, "replicas": {"replicas"}, "namespace": {"namespace"}, "name": {"namePrefix", "nameSuffix"},
	"labels": {"labels", "commonLabels"}, "matchLabels": {"labels", "commonLabels"}, "annotations": {"commonAnnotations"},
}

type transformation struct {
	field string
	place finding.Position
}

// sourceOf is the document that an object was built from: its kind, and a name that the built one still has in it.
func sourceOf(documents []manifest.Object, o manifest.Object) *manifest.Object {
	var best *manifest.Object
	for i, d := range documents {
		if d.GroupKind() != o.GroupKind() || !strings.Contains(o.Ref().Name, d.Ref().Name) {
			continue
		}
		if best == nil || len(d.Name) > len(best.Name) {
			best = &documents[i]
		}
	}
	return best
}

// isOf tells whether a patch is about an object, that had a name before it got another.
func (p patch) isOf(o manifest.Object, name string) bool {
	if t := p.target; t != nil {
		return matches(t.Kind, o.Kind) && (matches(t.Name, o.Name) || matches(t.Name, name))
	}
	return p.object != nil && p.object.Kind == o.Kind && (p.object.Name == o.Name || p.object.Name == name)
}

// matches tells whether a selector's expression fits a text, whole; an empty one fits any.
func matches(expression, text string) bool {
	if expression == "" {
		return true
	}
	form, err := regexp.Compile("^(?:" + expression + ")$")
	return err == nil && form.MatchString(text)
}

// built is where the fields of an object that kustomize made come from.
type built struct {
	value   map[string]any
	source  *manifest.Object
	patches []patch
	fields  []transformation
	place   finding.Position
}

// Trace gives the line of the patch that sets a field, or of the base, or of the kustomization's own key. Where that breaks
// down on an odd document, the kustomization is the place: what was found is told all the same.
func (b built) Trace(field manifest.Path, text string) (places []manifest.Place) {
	defer func() {
		if recover() != nil {
			places = []manifest.Place{{Position: b.place, Role: manifest.Literal}}
		}
	}()
	for at := field; len(at) > 0; at = at[:len(at)-1] {
		if places := b.exactly(at, text); places != nil {
			return places
		}
	}
	if b.source != nil {
		return b.source.Origin.Trace(nil, text)
	}
	return []manifest.Place{{Position: b.place, Role: manifest.Literal}}
}

func (b built) exactly(field manifest.Path, text string) []manifest.Place {
	value, exists := manifest.Lookup(b.value, field)
	for _, p := range slices.Backward(b.patches) {
		if p.object != nil {
			if at, ok := b.within(p.object.Value, field); ok && (!exists || says(p.object.Value, at, value)) {
				return p.object.Origin.Trace(at, text)
			}
		}
		for _, o := range slices.Backward(p.operations) {
			if sets(o.path, field) {
				return []manifest.Place{{Position: o.position, Role: manifest.Literal}}
			}
		}
	}
	if b.source == nil {
		return nil
	}
	at, ok := b.within(b.source.Value, field)
	if ok && exists && says(b.source.Value, at, value) {
		return b.source.Origin.Trace(at, text)
	}
	if exists {
		for _, t := range b.fields {
			if slices.Contains(field, any(t.field)) {
				return []manifest.Place{{Position: t.place, Role: manifest.Literal}}
			}
		}
	}
	if ok {
		return b.source.Origin.Trace(at, text)
	}
	return nil
}

// says tells whether a document has a value at a path; of lists and mappings, which are merged, that it has any.
func says(document map[string]any, at manifest.Path, value any) bool {
	have, _ := manifest.Lookup(document, at)
	switch value.(type) {
	case map[string]any, []any:
		return have != nil
	}
	return reflect.DeepEqual(have, value)
}

// within is a path of the built object in a document that it was made of: items of lists are the ones with the same
// name.
func (b built) within(document map[string]any, field manifest.Path) (manifest.Path, bool) {
	var at manifest.Path
	for i, element := range field {
		index, isIndex := element.(int)
		if !isIndex {
			at = at.Append(element)
			continue
		}
		item, _ := manifest.Lookup(b.value, field[:i+1])
		list, _ := manifest.Lookup(document, at)
		items, _ := list.([]any)
		at = at.Append(positionIn(items, item, index))
	}
	_, ok := manifest.Lookup(document, at)
	return at, ok
}

// itemKeys are what items of lists are told apart by, as strategic merges do.
var itemKeys = []string{"name", "key", "mountPath", "containerPort", "port", "ip", "topologyKey"}

func positionIn(items []any, item any, otherwise int) int {
	object, _ := item.(map[string]any)
	for _, key := range itemKeys {
		if object[key] == nil {
			continue
		}
		if i := slices.IndexFunc(items, func(other any) bool {
			o, _ := other.(map[string]any)
			return reflect.DeepEqual(o[key], object[key])
		}); i >= 0 {
			return i
		}
		return len(items) // none of them
	}
	return otherwise
}

// sets tells whether an operation's path is a field, or one that it lies in.
func sets(pointer string, field manifest.Path) bool {
	parts := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	if len(parts) > len(field) {
		return false
	}
	for i, part := range parts {
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		if name, is := field[i].(string); is && name != part {
			return false
		}
		if index, is := field[i].(int); is && part != "-" && part != strconv.Itoa(index) {
			return false
		}
	}
	return true
}
