// Package diff knows how two versions of Kubernetes objects differ: which objects came and went,
// which fields changed, and in which targets alike. It does not know what a change leads to, nor
// which version is right.
package diff

import (
	"slices"
	"strings"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/veil"
)

// Op says what happened to an object or to a field.
type Op string

// The operations.
const (
	Added   Op = "added"
	Removed Op = "removed"
	Changed Op = "changed"
	// Moved: the items of a list whose order matters stand in another order.
	Moved Op = "moved"
)

// Change is one field that differs.
type Change struct {
	Op Op `json:"op"`
	// Field is the path of the field, with items of lists named by their key:
	// spec.steps[name=test].image.
	Field string `json:"field"`
	// Before and After are the values; absent where there is none. Values of secrets are hidden.
	Before any `json:"before,omitempty"`
	After  any `json:"after,omitempty"`
	// Source is the place that led to the change: in the head, or in the base for what is gone.
	Source *finding.Position `json:"source,omitempty"`

	before, after manifest.Path
}

// Object is an object that differs, in the same way in all its targets.
type Object struct {
	Op     Op             `json:"op"`
	Object finding.Object `json:"object"`
	// Changes of the fields; empty where the whole object came or went.
	Changes []Change         `json:"changes,omitempty"`
	Targets []finding.Target `json:"targets,omitempty"`
	// Value of an object that came; values of secrets are hidden.
	Value map[string]any `json:"value,omitempty"`
	// Source of an object that came or went.
	Source *finding.Position `json:"source,omitempty"`

	// Before and After are the versions of one of the targets; nil where there is none.
	Before, After *manifest.Object `json:"-"`
}

// Objects compares the objects of one target. Objects are told apart by group, kind, namespace
// and name; an object whose API version changed is the same object.
func Objects(before, after []manifest.Object) []Object { return compareAll(before, after, false) }

// Live compares what a cluster has with what is to be applied. Fields that only the cluster has are
// left out: defaults, status, and what other controllers set would stay as they are.
func Live(live, applied []manifest.Object) []Object { return compareAll(live, applied, true) }

func compareAll(before, after []manifest.Object, partial bool) []Object {
	old := map[manifest.Key]manifest.Object{}
	for _, o := range before {
		old[o.Key()] = o
	}
	var all []Object
	kept := map[manifest.Key]bool{}
	for _, o := range after {
		was, known := old[o.Key()]
		kept[o.Key()] = true
		if !known {
			all = append(all, Object{Op: Added, Object: *o.Ref(), Value: veil.Object(o.Kind, o.Value), After: &o})
			continue
		}
		if changes := values(was, o, partial); len(changes) > 0 {
			all = append(all, Object{Op: Changed, Object: *o.Ref(), Changes: changes, Before: &was, After: &o})
		}
	}
	for _, o := range before {
		if !kept[o.Key()] {
			all = append(all, Object{Op: Removed, Object: *o.Ref(), Before: &o})
		}
	}
	slices.SortStableFunc(all, func(a, b Object) int { return manifest.Compare(a.either(), b.either()) })
	return all
}

// either is the version that there is, the newer if there are two.
func (o Object) either() manifest.Object {
	if o.After != nil {
		return *o.After
	}
	return *o.Before
}

// Values compares two versions of an object field by field.
func Values(before, after manifest.Object) []Change {
	return values(before, after, false)
}

// isKnown tells whether lists and quantities of an object mean what Kubernetes and Tekton give them. What
// a ConfigMap holds is text, and of other custom resources nobody knows whether order counts.
func isKnown(o manifest.Object) bool {
	group := o.GroupKind().Group
	switch {
	case o.Kind == "ConfigMap" || o.Kind == "Secret":
		return false
	case group == "" || !strings.Contains(group, "."):
		return true
	}
	return strings.HasSuffix(group, ".k8s.io") || slices.Contains(operators, group)
}

// operators are the groups of the custom resources that a platform has.
var operators = []string{
	"tekton.dev", "triggers.tekton.dev", "resolution.tekton.dev", "argoproj.io", "monitoring.coreos.com", "external-secrets.io", "keda.sh", "karpenter.sh", "karpenter.k8s.aws",
	"policy.sigstore.dev", "cilium.io", "nfd.k8s-sigs.io",
}

func values(before, after manifest.Object, partial bool) []Change {
	c := comparison{kind: after.Kind, partial: partial, known: isKnown(after)}
	c.compare(place{}, before.Value, after.Value)
	return c.changes
}
