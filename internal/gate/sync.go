package gate

import (
	"path"
	"reflect"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// syncFields are the fields by which Argo CD knows what to sync: of another repository, revision or folder nothing
// was judged here (https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/Template/).
var syncFields = map[string][]string{
	"Application":    {"spec.source", "spec.sources", "spec.sourceHydrator", "operation"},
	"ApplicationSet": {"spec.generators", "spec.template.spec.source", "spec.template.spec.sources", "spec.template.spec.sourceHydrator", "spec.templatePatch", "spec.goTemplate"},
}

func isSyncField(kind, field string) bool {
	return slices.ContainsFunc(syncFields[kind], func(f string) bool { return field == f || strings.HasPrefix(field, f+".") })
}

// synced are the changes by which Argo CD syncs something else than before. That an environment comes, goes or is in
// another phase is none: that is told as what it is.
func (b baseline) synced(o diff.Object) []diff.Change {
	if o.Op != diff.Changed || len(syncFields[o.Object.Kind]) == 0 {
		return nil
	}
	var moved []diff.Change
	for _, c := range diff.Values(b.settled(*o.Before, b.before), b.settled(*o.After, b.after)) {
		if isSyncField(o.Object.Kind, plainField(c.Field)) {
			moved = append(moved, c)
		}
	}
	return moved
}

// replaced tells whether a new Application or ApplicationSet stands in the place of another one, under another name, of
// the other kind or elsewhere, and has Argo CD sync something else than any of its kind that there was.
func (b baseline) replaced(o diff.Object) bool {
	if o.Op != diff.Added || len(syncFields[o.Object.Kind]) == 0 || !b.appsGone {
		return false
	}
	return !slices.ContainsFunc(b.objects, func(l manifest.Object) bool {
		return l.Kind == o.Object.Kind && !slices.ContainsFunc(diff.Values(b.settled(l, b.before), b.settled(*o.After, b.after)), func(c diff.Change) bool {
			return isSyncField(o.Object.Kind, plainField(c.Field))
		})
	})
}

// appsGone tells whether the head lacks an Application or ApplicationSet that the base has where it was.
func appsGone(before, after []check.Environment) bool {
	type where struct {
		target finding.Target
		key    manifest.Key
	}
	keys := func(environments []check.Environment) map[where]bool {
		all := map[where]bool{}
		for _, r := range withArgoCD(environments) {
			for _, o := range r.Objects {
				if len(syncFields[o.Kind]) > 0 {
					all[where{r.Target, o.Key()}] = true
				}
			}
		}
		return all
	}
	now := keys(after)
	for key := range keys(before) {
		if !now[key] {
			return true
		}
	}
	return false
}

// settled is an object of Argo CD in which what a list generator says of environments as the render writes it is no
// more than the folder that all of them are in, and which of those that both revisions have are listed.
func (b baseline) settled(o manifest.Object, environments []check.Environment) manifest.Object {
	value := plain(o.Value)
	generators, _ := manifest.Lookup(value, manifest.Path{"spec", "generators"})
	list, _ := generators.([]any)
	for _, generator := range list {
		within, _ := manifest.Lookup(generator, manifest.Path{"list"})
		elements, ok := within.(map[string]any)
		if !ok {
			continue
		}
		all, _ := elements["elements"].([]any)
		var left []any
		var listed []string
		for _, element := range all {
			if folder, ok := regular(element, environments); ok {
				if name, _ := element.(map[string]any)["environment"].(string); environment(b.before, name) != nil && environment(b.after, name) != nil {
					listed = append(listed, name)
				}
				element = map[string]any{"folder": folder}
			}
			if !slices.ContainsFunc(left, func(l any) bool { return reflect.DeepEqual(l, element) }) {
				left = append(left, element)
			}
		}
		slices.Sort(listed)
		elements["elements"], elements["listed"] = left, strings.Join(listed, ", ")
	}
	o.Value = value
	return o
}

// regular is the folder of the overlays, where an element says of an environment what is so: its cluster, and the
// folder of the phase that it is in.
func regular(element any, environments []check.Environment) (string, bool) {
	fields, _ := element.(map[string]any)
	name, _ := fields["environment"].(string)
	at, _ := fields["path"].(string)
	e := environment(environments, name)
	if e == nil || len(fields) != 3 || fields["cluster"] != e.Cluster || !strings.HasSuffix(at, "/"+path.Join(e.Name, e.Current)) {
		return "", false
	}
	return path.Dir(path.Dir(at)), true
}
