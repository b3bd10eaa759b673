package check

import (
	"encoding/json"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// ofCluster are the rules about what a ClusterRole gives in all of the cluster.
var ofCluster = []string{"rbac/cluster-wide-secrets", "rbac/cluster-wide-workloads", "rbac/escalation"}

// narrowed lowers what is said of the whole cluster where a ClusterRole is bound by RoleBindings alone, since it gives its
// rights in their namespaces, which is how operators share one; and by the standard profile what leads further.
func narrowed(found []finding.Finding, s Subject, profile finding.Profile) []finding.Finding {
	objects := slices.Concat(s.Objects, s.Beside, s.Aside)
	bound := map[string]string{}
	for _, o := range objects {
		if o.Kind != "RoleBinding" && o.Kind != "ClusterRoleBinding" {
			continue
		}
		kind, _ := manifest.Lookup(o.Value, manifest.Path{"roleRef", "kind"})
		name, _ := manifest.Lookup(o.Value, manifest.Path{"roleRef", "name"})
		if role, ok := name.(string); ok && kind == "ClusterRole" && bound[role] != "ClusterRoleBinding" {
			bound[role] = o.Kind
		}
	}
	joined := aggregations(objects)
	for _, o := range objects {
		if o.Kind == "ClusterRole" && (isAggregated(o) || joined(o)) {
			bound[o.Name] = "ClusterRoleBinding" // whoever has the role that it becomes a part of has it, wherever that is bound
		}
	}
	for i := range found {
		f := &found[i]
		if f.Object == nil || f.Object.Kind != "ClusterRole" || !slices.Contains(ofCluster, f.Rule) || f.Rule == "rbac/escalation" && !strings.HasSuffix(f.Field, ".resources") {
			continue
		}
		switch isAlone := s.Target == nil; { // of a platform another environment, or Argo CD's folder, may bind it on the same cluster
		case isAlone && bound[f.Object.Name] == "RoleBinding":
			f.Rule, f.Severity, f.Message = "rbac/notable-rights", finding.Info, inNamespaces.Replace(f.Message)
		default:
			if f.Rule == "rbac/escalation" && profile == finding.Standard {
				f.Severity = min(f.Severity, finding.Warning) // controllers need such rights
			}
		}
	}
	return found
}

// inNamespaces says of a right where RoleBindings give it.
var inNamespaces = strings.NewReplacer(" in every namespace", " in the namespaces of its RoleBindings", " of the cluster", " of the namespaces of its RoleBindings",
	" any pod", " any pod of the namespaces of its RoleBindings", " any account", " any account of the namespaces of its RoleBindings")

// aggregations tells of ClusterRoles whether another one takes their rules up, by a selector of its own.
func aggregations(objects []manifest.Object) func(manifest.Object) bool {
	var selectors []labels.Selector
	for _, o := range objects {
		list, _ := manifest.Lookup(o.Value, manifest.Path{"aggregationRule", "clusterRoleSelectors"})
		items, _ := list.([]any)
		for _, item := range items {
			var selector metav1.LabelSelector
			text, err := json.Marshal(item)
			if err != nil || json.Unmarshal(text, &selector) != nil {
				continue
			}
			if s, err := metav1.LabelSelectorAsSelector(&selector); err == nil {
				selectors = append(selectors, s)
			}
		}
	}
	return func(o manifest.Object) bool {
		value, _ := manifest.Lookup(o.Value, manifest.Path{"metadata", "labels"})
		all, _ := value.(map[string]any)
		set := labels.Set{}
		for key, value := range all {
			set[key], _ = value.(string)
		}
		return slices.ContainsFunc(selectors, func(s labels.Selector) bool { return s.Matches(set) })
	}
}

// isAggregated tells whether a ClusterRole becomes a part of the roles that Kubernetes gives to everybody
// (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles) or of others.
func isAggregated(o manifest.Object) bool {
	value, _ := manifest.Lookup(o.Value, manifest.Path{"metadata", "labels"})
	all, _ := value.(map[string]any)
	for key := range all {
		if strings.Contains(key, "/aggregate-to-") {
			return true
		}
	}
	return false
}
