package diff

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/veil"
)

// place is where both versions of a value stand, and how people name it.
type place struct {
	text          string
	before, after manifest.Path
	// owner is the name of the variable, parameter or header that it stands in, and within the key of
	// that.
	owner, within string
}

func (p place) key(name string) place {
	text := manifest.Path{name}.String()
	if p.text != "" && !strings.HasPrefix(text, "[") {
		text = "." + text
	}
	next := place{text: p.text + text, before: p.before.Append(name), after: p.after.Append(name), owner: p.owner, within: p.within}
	if p.owner != "" && p.within == "" {
		next.within = name
	}
	return next
}

// item is an entry of a list: the i-th before, the j-th after; -1 where it is not there.
func (p place) item(name string, i, j int) place {
	at := place{text: p.text + "[" + name + "]", before: p.before.Append(i), after: p.after.Append(j), owner: p.owner, within: p.within}
	if owner, named := strings.CutPrefix(name, "name="); named {
		at.owner, at.within = owner, ""
	}
	if i < 0 {
		at.before = nil
	}
	if j < 0 {
		at.after = nil
	}
	return at
}

// last is the key that the value stands below, whatever the lists between.
func (p place) last() string {
	path := p.after
	if path == nil {
		path = p.before
	}
	for _, element := range slices.Backward(path) {
		if name, ok := element.(string); ok {
			return name
		}
	}
	return ""
}

// free are the fields whose keys and lists mean what somebody else makes of them: labels, which must be equal to
// the letter, and values of charts.
var free = set("labels", "matchLabels", "podLabels", "commonLabels", "nodeSelector", "annotations", "valuesObject", "stringData", "data")

// isFree tells whether a place is within such a field.
func (p place) isFree() bool {
	path := p.after
	if path == nil {
		path = p.before
	}
	return slices.ContainsFunc(path, func(element any) bool {
		name, ok := element.(string)
		return ok && free[name]
	})
}

// parent is the key above the last one.
func (p place) parent() string {
	path := p.after
	if len(path) < 2 {
		return ""
	}
	name, _ := path[len(path)-2].(string)
	return name
}

type comparison struct {
	kind, group string
	// known says that the kind is one whose quantities are known, and unordered that its lists are.
	known, unordered bool
	// partial leaves out fields that the newer version does not state.
	partial bool
	changes []Change
	// before and after are the objects, and veiled what may be shown of them, once something differs.
	before, after manifest.Object
	veiled        [2]map[string]any
}

// shown is a value as it may be shown: without values of secrets.
func (c *comparison) shown(at place, value any) any {
	path := at.after
	if path == nil {
		path = at.before
	}
	if !veil.IsName(at.owner) || !slices.Contains(veil.ValueKeys, at.within) {
		return veil.At(c.kind, path, value)
	}
	return veil.Below(at.owner, at.last(), value)
}

// within is a value of the older object, or of the newer one, as it is shown where it stands: what is beside it may tell
// that it is a secret.
func (c *comparison) within(newer int, path manifest.Path, value any) (any, bool) {
	o := []manifest.Object{c.before, c.after}[newer]
	there, ok := manifest.Lookup(o.Value, path)
	if path == nil || value == nil || !ok {
		return nil, false
	}
	if c.veiled[newer] == nil {
		c.veiled[newer] = veil.Object(o.Kind, o.Value)
	}
	shown, ok := manifest.Lookup(c.veiled[newer], path)
	if !ok || reflect.DeepEqual(there, value) {
		return shown, ok
	}
	return parts(there, shown, value)
}

// parts are the items of a list as they are shown in the whole of it.
func parts(there, shown, value any) (any, bool) {
	all, isList := there.([]any)
	veiled, _ := shown.([]any)
	items, isPart := value.([]any)
	if !isList || !isPart || len(veiled) != len(all) {
		return nil, false
	}
	var found []any
	for _, item := range items {
		i := slices.IndexFunc(all, func(other any) bool { return reflect.DeepEqual(other, item) })
		if i < 0 {
			return nil, false
		}
		found = append(found, veiled[i])
	}
	return found, len(found) > 0
}

func (c *comparison) add(op Op, at place, before, after any) {
	was, is := c.shown(at, before), c.shown(at, after)
	if reflect.DeepEqual(was, before) {
		if shown, ok := c.within(0, at.before, before); ok {
			was = shown
		}
	}
	if reflect.DeepEqual(is, after) {
		if shown, ok := c.within(1, at.after, after); ok {
			is = shown
		}
	}
	c.changes = append(c.changes, Change{Op: op, Field: at.text, Before: was, After: is, before: at.before, after: at.after})
}

func (c *comparison) compare(at place, before, after any) {
	old, wasMap := before.(map[string]any)
	now, isMap := after.(map[string]any)
	if wasMap && isMap {
		c.maps(at, old, now)
		return
	}
	oldList, wasList := before.([]any)
	nowList, isList := after.([]any)
	switch {
	case wasList && isList:
		c.lists(at, oldList, nowList)
	case !c.same(at, before, after):
		c.add(Changed, at, before, after)
	}
}

func (c *comparison) maps(at place, before, after map[string]any) {
	names := slices.Sorted(maps.Keys(before))
	for name := range after {
		if _, known := before[name]; !known {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		old, was := before[name]
		now, is := after[name]
		switch field := at.key(name); {
		case was && is:
			c.compare(field, old, now)
		case is:
			c.add(Added, field, nil, now)
		case !c.partial:
			c.add(Removed, field, old, nil)
		}
	}
}

// same tells whether two scalars, or a scalar and something else, mean the same: 1 and 1.0, and where
// the field is a quantity or a duration 1Gi and 1024Mi, 1h and 60m.
func (c *comparison) same(at place, before, after any) bool {
	if reflect.DeepEqual(before, after) {
		return true
	}
	if !c.known || at.isFree() || c.isPassedOn(at) {
		return false
	}
	_, wasInt := before.(int64)
	_, isInt := after.(int64)
	if wasInt && isInt {
		return false // a float could not tell large ones apart
	}
	x, xIsNumber := number(before)
	y, yIsNumber := number(after)
	if xIsNumber && yIsNumber {
		return x == y
	}
	switch {
	case c.kind == "LimitRange" && ranges[at.parent()], quantities[at.parent()] || quantities[at.last()]:
		return sameQuantity(before, after)
	case durations[at.parent()] || durations[at.last()]:
		return sameDuration(before, after)
	}
	return false
}

func number(value any) (float64, bool) {
	switch n := value.(type) {
	case int64:
		return float64(n), true
	case int:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}

// isPassedOn tells whether a value is one that others put into texts: a parameter of Tekton, an element of a generator.
func (c *comparison) isPassedOn(at place) bool {
	if c.group != "argoproj.io" && !strings.HasSuffix(c.group, "tekton.dev") {
		return false
	}
	path := at.after
	if path == nil {
		path = at.before
	}
	return slices.ContainsFunc(path, func(element any) bool {
		return slices.Contains([]any{"params", "elements", "generators", "helm", "kustomize", "plugin"}, element)
	})
}

// quantities are the fields below which, or in which, Kubernetes reads quantities.
var quantities = set("limits", "requests", "hard", "capacity", "allocatable", "nominalQuota", "sizeLimit", "cpu", "memory", "storage")

// ranges are these fields of a LimitRange; elsewhere a default may be a text.
var ranges = set("default", "defaultRequest", "max", "min", "maxLimitRequestRatio")

// durations are the fields that are read by time.ParseDuration.
var durations = set("timeout", "timeouts", "consolidateAfter", "interval", "scrapeTimeout", "refreshInterval")

func set(names ...string) map[string]bool {
	all := map[string]bool{}
	for _, name := range names {
		all[name] = true
	}
	return all
}

func sameQuantity(before, after any) bool {
	x, err := manifest.ParseQuantity(fmt.Sprint(before))
	if err != nil {
		return false
	}
	y, err := manifest.ParseQuantity(fmt.Sprint(after))
	return err == nil && x.Cmp(y) == 0
}

func sameDuration(before, after any) bool {
	x, err := time.ParseDuration(fmt.Sprint(before))
	if err != nil {
		return false
	}
	y, err := time.ParseDuration(fmt.Sprint(after))
	return err == nil && x == y
}
