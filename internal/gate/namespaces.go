package gate

import (
	"slices"
	"strings"

	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/pattern"
)

// outside says why an object matters that is about others than those of the platform.
func (b baseline) outside(differing diff.Object) string {
	version := differing.After
	if version == nil {
		version = differing.Before
	}
	o := *version
	if o.Kind == "ConfigMap" && b.isParameter(o) {
		return "admission policies take from it what they allow"
	}
	const others = "it limits pods that are not among the objects"
	if b.owned[o.Namespace] && o.Kind == "NetworkPolicy" && b.isEmpty(o.Namespace) && (differing.Op != diff.Added || letsThrough(o)) {
		return others
	}
	if o.Namespace == "" || b.owned[o.Namespace] {
		return ""
	}
	switch {
	case o.Kind == "NetworkPolicy" && !b.hasPods(o.Namespace):
		return others
	case o.Kind == "ConfigMap":
		return settings
	case differing.Op == diff.Added && slices.Contains([]string{"Service", "ServiceAccount", "Deployment", "DaemonSet", "StatefulSet"}, o.Kind) && o.GroupKind().Group == guards[o.Kind].groups[0] && systems.MatchString(o.Namespace):
		return "it may stand in the place of one that others have there"
	case slices.Contains([]string{"ResourceQuota", "LimitRange", "PodDisruptionBudget"}, o.Kind):
		return "it limits pods of a namespace that others have"
	case slices.Contains([]string{"Secret", "PersistentVolumeClaim", "TriggerBinding"}, o.Kind):
		return "pods of a namespace that others have may use it"
	}
	return ""
}

// goesWithNamespace tells whether an object is removed together with its namespace.
func (b baseline) goesWithNamespace(o diff.Object, after []manifest.Object) bool {
	if o.Op != diff.Removed {
		return false
	}
	return hasNamespace(b.objects, o.Before.Namespace) && !hasNamespace(after, o.Before.Namespace)
}

func (b baseline) hasPods(namespace string) bool {
	return slices.ContainsFunc(b.objects, func(o manifest.Object) bool { return runs(o) && o.Namespace == namespace })
}

func hasNamespace(objects []manifest.Object, name string) bool {
	return slices.ContainsFunc(objects, func(o manifest.Object) bool { return o.Kind == "Namespace" && o.Name == name })
}

// isEmpty tells whether the base has a namespace and no pods in it: who runs some there is not among the objects.
func (b baseline) isEmpty(namespace string) bool {
	return !b.hasPods(namespace) && hasNamespace(b.objects, namespace)
}

// letsOthers tells whether a network policy lets pods through of a namespace of the base, whoever they are.
func (b baseline) letsOthers(o manifest.Object) bool {
	selector, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "podSelector"})
	all, _ := selector.(map[string]any)
	return len(all) == 0 && letsThrough(o) && hasNamespace(b.objects, o.Namespace)
}

// letsThrough tells whether a network policy allows anything.
func letsThrough(o manifest.Object) bool {
	for _, direction := range []string{"ingress", "egress"} {
		rules, _ := manifest.Lookup(o.Value, manifest.Path{"spec", direction})
		if len(asList(rules)) > 0 {
			return true
		}
	}
	return false
}

// labelled are the labels of a new namespace by which policies or admission controllers may treat it otherwise than the
// namespaces of the base: Pod Security's levels are judged by themselves, but for which version of them.
func (b baseline) labelled(o manifest.Object) map[string]string {
	found := map[string]string{}
	labels, _ := manifest.Lookup(o.Value, manifest.Path{"metadata", "labels"})
	all, _ := labels.(map[string]any)
	for key, value := range all {
		at := manifest.Path{"metadata", "labels", key}.String()
		switch {
		case key == "kubernetes.io/metadata.name", podSecurityLevel.MatchString(key), strings.HasSuffix(key, "-version") && strings.HasPrefix(key, "pod-security.kubernetes.io/") && value == "latest":
		case b.isSelected(key, value) && !strings.HasPrefix(key, "pod-security.kubernetes.io/"):
			found[at] = "a policy that is there goes by this label"
		case !plainLabel.MatchString(key) && !b.isLabel(key, value):
			found[at] = "admission controllers go by labels of namespaces, and no namespace of the base has this one"
		}
	}
	return found
}

var podSecurityLevel = pattern.New(`^pod-security\.kubernetes\.io/(enforce|audit|warn)$`)

// isLabel tells whether a namespace of the base has a label.
func (b baseline) isLabel(key string, value any) bool {
	return slices.ContainsFunc(b.objects, func(o manifest.Object) bool {
		has, _ := manifest.Lookup(o.Value, manifest.Path{"metadata", "labels", key})
		return o.Kind == "Namespace" && has == value
	})
}

// atLeastBaseline tells whether a namespace refuses pods that may do anything.
func atLeastBaseline(o manifest.Object) bool {
	level, _ := manifest.Lookup(o.Value, manifest.Path{"metadata", "labels", "pod-security.kubernetes.io/enforce"})
	return level == "baseline" || level == "restricted"
}
