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

	// others are those of the other targets, where they are others.
	others []Object
}

// Versions are the same difference with the versions of each target: what else an object says may not be the same in all.
func (o Object) Versions() []Object {
	all := []Object{o}
	for _, other := range o.others {
		version := o
		version.Before, version.After = other.Before, other.After
		all = append(all, version)
	}
	return all
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

// isKnown tells whether quantities and numbers of an object mean what Kubernetes and Tekton give them. What
// a ConfigMap holds is text, and of other custom resources nobody knows.
func isKnown(o manifest.Object) bool {
	group := o.GroupKind().Group
	switch {
	case o.Kind == "ConfigMap" || o.Kind == "Secret":
		return false
	case group == "" || !strings.Contains(group, "."):
		return true
	}
	return slices.Contains(own, group) || slices.Contains(operators, group)
}

// isUnordered tells whether the lists of an object whose order means nothing are known: those of Kubernetes' own types, of
// Tekton and of some operators. Elsewhere the first that fits may count, as with AdminNetworkPolicies and HTTPRoutes.
func isUnordered(o manifest.Object) bool {
	return isKnown(o) && !slices.Contains(ordered, o.GroupKind().Group)
}

// own are the groups of Kubernetes' own types that have a domain.
var own = []string{
	"rbac.authorization.k8s.io", "networking.k8s.io", "storage.k8s.io", "scheduling.k8s.io", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "coordination.k8s.io",
	"discovery.k8s.io", "node.k8s.io", "certificates.k8s.io", "resource.k8s.io", "flowcontrol.apiserver.k8s.io", "events.k8s.io", "metrics.k8s.io",
}

// operators are the groups of the custom resources that a platform has, and ordered those of them whose lists may be read
// from the first item on.
var (
	operators = []string{
		"tekton.dev", "triggers.tekton.dev", "resolution.tekton.dev", "argoproj.io", "monitoring.coreos.com", "external-secrets.io", "keda.sh", "karpenter.sh", "karpenter.k8s.aws",
		"policy.sigstore.dev", "cilium.io", "nfd.k8s-sigs.io", "kueue.x-k8s.io", "snapshot.storage.k8s.io",
	}
	ordered = []string{"argoproj.io"}
)

func values(before, after manifest.Object, partial bool) []Change {
	c := comparison{kind: after.Kind, group: after.GroupKind().Group, partial: partial, known: isKnown(after), unordered: isUnordered(after), before: before, after: after}
	c.compare(place{}, before.Value, after.Value)
	return c.changes
}
