package check

import (
	"slices"
	"strings"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/graph/access"
	"tenon.dev/tenon/internal/manifest"
)

// ofCluster are the rules about what a ClusterRole gives in all of the cluster.
var ofCluster = []string{"rbac/cluster-wide-secrets", "rbac/cluster-wide-workloads", "rbac/escalation"}

// narrowed lowers what is said of the whole cluster where a ClusterRole is bound by RoleBindings alone, since it gives its
// rights in their namespaces, which is how operators share one; and by the standard profile what a controller needs.
func narrowed(found []finding.Finding, s Subject, profile finding.Profile) []finding.Finding {
	objects := slices.Concat(s.Objects, s.Beside, s.Aside)
	bound, holder := map[string]string{}, map[string]string{}
	for _, o := range objects {
		if o.Kind != "RoleBinding" && o.Kind != "ClusterRoleBinding" {
			continue
		}
		kind, _ := manifest.Lookup(o.Value, manifest.Path{"roleRef", "kind"})
		name, _ := manifest.Lookup(o.Value, manifest.Path{"roleRef", "name"})
		if role, ok := name.(string); ok && kind == "ClusterRole" && bound[role] != "ClusterRoleBinding" {
			bound[role] = o.Kind
			if o.Kind == "ClusterRoleBinding" {
				holder[role] = o.Name
			}
		}
	}
	joined := access.TakenIn(objects)
	for _, o := range objects {
		if o.Kind == "ClusterRole" && (isAggregated(o) || joined[o.Name]) {
			bound[o.Name] = "ClusterRoleBinding" // whoever has the role that it becomes a part of has it, wherever that is bound
		}
	}
	for i := range found {
		f := &found[i]
		if f.Object == nil || f.Object.Kind != "ClusterRole" || !slices.Contains(ofCluster, f.Rule) || f.Rule == "rbac/escalation" && !strings.HasSuffix(f.Field, ".resources") {
			continue
		}
		switch {
		case s.Target == nil && bound[f.Object.Name] == "RoleBinding": // what a platform has another environment, or Argo CD's folder, may bind on the same cluster
			f.Rule, f.Severity, f.Message = "rbac/notable-rights", finding.Info, inNamespaces.Replace(f.Message)
		default:
			if f.Rule == "rbac/escalation" && profile == finding.Standard && isOfController(*f, objects) {
				f.Severity = min(f.Severity, finding.Warning)
			}
			if by := holder[f.Object.Name]; by != "" && f.Rule == "rbac/escalation" {
				f.Message += ", and ClusterRoleBinding " + by + " gives it away"
			}
		}
	}
	return found
}

// inNamespaces says of a right where RoleBindings give it.
var inNamespaces = strings.NewReplacer(" in every namespace", " in the namespaces of its RoleBindings", " of the cluster", " of the namespaces of its RoleBindings",
	" any pod", " any pod of the namespaces of its RoleBindings", " any account", " any account of the namespaces of its RoleBindings")

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
