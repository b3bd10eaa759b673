package check

import (
	"slices"
	"strings"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// ofCluster are the rules about what a ClusterRole gives in all of the cluster.
var ofCluster = []string{"rbac/cluster-wide-secrets", "rbac/cluster-wide-workloads"}

// narrowed leaves out what is said of the whole cluster where a ClusterRole is bound by RoleBindings alone: it gives its
// rights in their namespaces, which is how operators share one.
func narrowed(found []finding.Finding, objects []manifest.Object) []finding.Finding {
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
	for _, o := range objects {
		if o.Kind == "ClusterRole" && isAggregated(o) {
			delete(bound, o.Name) // whoever has the role that it becomes a part of has it, wherever that is bound
		}
	}
	return slices.DeleteFunc(found, func(f finding.Finding) bool {
		return f.Object != nil && f.Object.Kind == "ClusterRole" && slices.Contains(ofCluster, f.Rule) && bound[f.Object.Name] == "RoleBinding"
	})
}

// isAggregated tells whether a ClusterRole becomes a part of the roles that Kubernetes gives to everybody
// (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles) or of others.
func isAggregated(o manifest.Object) bool {
	labels, _ := manifest.Lookup(o.Value, manifest.Path{"metadata", "labels"})
	all, _ := labels.(map[string]any)
	for key := range all {
		if strings.Contains(key, "/aggregate-to-") {
			return true
		}
	}
	return false
}
