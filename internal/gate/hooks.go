package gate

import (
	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/manifest"
)

// hookParts are the objects that hooks of Argo CD take what they do from, by kind, namespace and name: ConfigMaps that they
// mount or take variables from, tasks and pipelines that they run.
type hookParts map[manifest.Key]bool

// newHookParts are those of the hooks of either version.
func newHookParts(before, after []manifest.Object) hookParts {
	parts := hookParts{}
	for _, objects := range [][]manifest.Object{before, after} {
		byKey := map[manifest.Key]manifest.Object{}
		for _, o := range objects {
			byKey[o.Key()] = o
		}
		for _, o := range objects {
			if isHookObject(o) && runs(o) {
				parts.follow(o, byKey)
			}
		}
	}
	return parts
}

// follow notes what an object names, and what that names in turn.
func (p hookParts) follow(o manifest.Object, among map[manifest.Key]manifest.Object) {
	eachNamed(o.Value, func(kind, name string) {
		for key, named := range among {
			if named.Kind == kind && named.Name == name && named.Namespace == o.Namespace && !p[key] {
				p[key] = true
				p.follow(named, among)
			}
		}
	})
}

// of are the parts of a changed object that decide what a hook does.
func (p hookParts) of(o diff.Object) map[string]string {
	version := o.After
	if version == nil {
		version = o.Before
	}
	if !p[version.Key()] || o.Op == diff.Added { // one that comes is named anew, which is told, or was not there
		return nil
	}
	return decided(o, waited)
}

// decided are the parts of a change by which an object does something else, with why that matters: all of it where it goes.
func decided(o diff.Object, why string) map[string]string {
	if o.Op == diff.Removed {
		return map[string]string{"metadata.name": why}
	}
	found := map[string]string{}
	for _, c := range o.Changes {
		if decides(c) {
			found[c.Field] = why
		}
	}
	return found
}
