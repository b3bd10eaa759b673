package access

import (
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tenon.dev/tenon/internal/manifest"
)

// aggregated gives ClusterRoles that take in others the rules of those among them, as the controller does, which overwrites
// what they have of their own (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles).
func aggregated(roles []*rbacv1.ClusterRole) []*rbacv1.ClusterRole {
	all := make([]*rbacv1.ClusterRole, len(roles))
	for i, role := range roles {
		all[i] = role
		if role.AggregationRule == nil {
			continue
		}
		whole := role.DeepCopy()
		whole.Rules = nil
		for _, other := range roles {
			if other.Name != role.Name && takesIn(role, other) {
				whole.Rules = append(whole.Rules, other.Rules...)
			}
		}
		all[i] = whole
	}
	return all
}

// TakenIn are the names of the ClusterRoles among the objects whose rules another one of them takes up.
func TakenIn(objects []manifest.Object) map[string]bool {
	var roles []*rbacv1.ClusterRole
	for _, o := range objects {
		if o.GroupKind().Group == rbacv1.GroupName && o.Kind == "ClusterRole" {
			add(&roles, o)
		}
	}
	taken := map[string]bool{}
	for _, role := range roles {
		for _, other := range roles {
			taken[other.Name] = taken[other.Name] || role.AggregationRule != nil && takesIn(role, other)
		}
	}
	return taken
}

func takesIn(role, other *rbacv1.ClusterRole) bool {
	for i := range role.AggregationRule.ClusterRoleSelectors {
		selector, err := metav1.LabelSelectorAsSelector(&role.AggregationRule.ClusterRoleSelectors[i])
		if err == nil && selector.Matches(labels.Set(other.Labels)) {
			return true
		}
	}
	return false
}
