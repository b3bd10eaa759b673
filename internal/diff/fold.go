package diff

import (
	"cmp"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// Target is one target in two versions.
type Target struct {
	finding.Target
	Before, After []manifest.Object
}

// Fold compares the objects of all targets. What differs alike in several targets is one entry with
// these targets; so is an object that came, by all that it says.
func Fold(targets []Target) []Object {
	f := folder{entries: map[string]*Object{}}
	for _, t := range targets {
		for _, o := range Objects(t.Before, t.After) {
			f.add(o, t.Target)
		}
	}
	return f.folded()
}

// folder brings together the entries of targets. Fields are folded one by one: what one phase has
// beside the others must not part what all have.
type folder struct {
	order   []string
	entries map[string]*Object
}

func (f *folder) add(o Object, t finding.Target) {
	if o.Op != Changed {
		f.entry(string(o.Op)+text(o.Value), o, t)
		return
	}
	for _, c := range o.Changes {
		one := o
		one.Changes = []Change{c}
		f.entry(string(c.Op)+c.Field+text([]any{c.Before, c.After}), one, t)
	}
}

func (f *folder) entry(what string, o Object, t finding.Target) {
	id := identify(o.Object) + what
	e := f.entries[id]
	if e == nil {
		e = &o
		f.entries[id] = e
		f.order = append(f.order, id)
	} else if !slices.ContainsFunc(e.Versions(), func(v Object) bool { return same(v.Before, o.Before) && same(v.After, o.After) }) {
		e.others = append(e.others, Object{Before: o.Before, After: o.After})
	}
	if t != (finding.Target{}) && !slices.Contains(e.Targets, t) {
		e.Targets = append(e.Targets, t)
	}
}

// folded joins the changes of an object that have the same targets.
func (f *folder) folded() []Object {
	var all []Object
	where := map[string]int{}
	for _, id := range f.order {
		e := f.entries[id]
		group := identify(e.Object) + string(e.Op) + text(e.Targets)
		if i, known := where[group]; known && e.Op == Changed {
			all[i].Changes = append(all[i].Changes, e.Changes...)
			all[i].others = append(all[i].others, e.others...)
			continue
		}
		where[group] = len(all)
		all = append(all, *e)
	}
	slices.SortStableFunc(all, func(a, b Object) int {
		return cmp.Or(manifest.Compare(a.either(), b.either()), strings.Compare(text(a.Targets), text(b.Targets)))
	})
	return all
}

// same tells whether two versions of an object say the same.
func same(a, b *manifest.Object) bool {
	return a == b || a != nil && b != nil && reflect.DeepEqual(a.Value, b.Value)
}

func identify(o finding.Object) string {
	return strings.Join([]string{o.APIVersion, o.Kind, o.Namespace, o.Name}, "\x00")
}

func text(value any) string {
	data, _ := json.Marshal(value)
	return string(data)
}

// Locate finds the line that led to each change: of an entry in many targets, that of the first. A field
// that went has that of the base; an object that went has none, since nothing is left that says so. At
// most limit places are resolved; each takes some tenths of a millisecond.
func Locate(objects []Object, limit int) {
	for i := range objects {
		o := &objects[i]
		if limit <= 0 {
			return
		}
		if o.Op == Added {
			o.Source = stated(*o.After)
			limit--
		}
		if o.Op == Removed {
			o.Source = stated(*o.Before)
			limit--
		}
		for j := range o.Changes {
			c := &o.Changes[j]
			if c.after != nil && c.Op != Removed {
				c.Source = trace(*o.After, c.after, differing(c.Before, c.After))
			} else {
				c.Source = trace(*o.Before, c.before, "")
			}
			limit--
		}
	}
}

// manyTraced is how many values of an object are traced for a line that states it.
const manyTraced = 12

// stated finds a line that people wrote for an object: that of its name, or else of the first value that is a literal of
// theirs, since names are often keys, which nothing leads to.
func stated(o manifest.Object) *finding.Position {
	at := trace(o, manifest.Path{"metadata", "name"}, o.Name)
	spec, ok := o.Value["spec"]
	if at != nil || o.Origin == nil || !ok {
		return at
	}
	left := manyTraced
	var look func(value any, at manifest.Path) *finding.Position
	look = func(value any, at manifest.Path) *finding.Position {
		switch value := value.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(value)) {
				if found := look(value[key], at.Append(key)); found != nil {
					return found
				}
			}
		case []any:
			for i, item := range value {
				if found := look(item, at.Append(i)); found != nil {
					return found
				}
			}
		default:
			if left--; left < 0 {
				return nil
			}
			for _, p := range o.Origin.Trace(at, "") {
				if p.Role == manifest.Literal {
					return &p.Position
				}
			}
		}
		return nil
	}
	return look(spec, manifest.Path{"spec"})
}

// trace finds the line that people wrote; what only the render says, or where the platform is handed to
// it, is no line to look at.
func trace(o manifest.Object, at manifest.Path, text string) *finding.Position {
	if o.Origin == nil {
		return nil
	}
	for _, p := range o.Origin.Trace(at, text) {
		switch p.Role {
		case manifest.Template, manifest.Reference, manifest.Use:
			continue
		}
		return &p.Position
	}
	return nil
}

// differing is the piece of a text that is not in the older one: of a value that is put together from
// several places, the one that holds it is meant.
func differing(before, after any) string {
	old, _ := before.(string)
	now, _ := after.(string)
	if old == "" || now == "" {
		return ""
	}
	for old != "" && now != "" && old[0] == now[0] {
		old, now = old[1:], now[1:]
	}
	for old != "" && now != "" && old[len(old)-1] == now[len(now)-1] {
		old, now = old[:len(old)-1], now[:len(now)-1]
	}
	return now
}
