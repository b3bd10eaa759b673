package check

import (
	"slices"

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
	return slices.DeleteFunc(found, func(f finding.Finding) bool {
		return f.Object != nil && f.Object.Kind == "ClusterRole" && slices.Contains(ofCluster, f.Rule) && bound[f.Object.Name] == "RoleBinding"
	})
}
