package check

import (
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// A right by which an account comes to those of others is a hole, unless its role is evidently that of a controller which
// cannot do without. What these need is read off the role, and off what stands beside it.
var controllers = []struct {
	// resources that the right is about; as they stand in the message.
	resources []string
	// isOne tells whether the role is one of a controller that needs it.
	isOne func(role rbacv1.ClusterRole, rule rbacv1.PolicyRule, objects []manifest.Object) bool
}{
	// An agent of monitoring reads the metrics of the kubelet by it
	// (https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/#kubelet-authorization).
	{[]string{"nodes/proxy"}, func(_ rbacv1.ClusterRole, rule rbacv1.PolicyRule, _ []manifest.Object) bool { return isRead(rule) }},
	// Who helps with pods by hand enters them; whoever may do that with each subresource may do more.
	{[]string{"pods/exec", "pods/attach", "pods/ephemeralcontainers"}, func(_ rbacv1.ClusterRole, rule rbacv1.PolicyRule, _ []manifest.Object) bool {
		return true
	}},
	// A provisioner reads what classes and claims ask for.
	{[]string{"persistentvolumes"}, func(role rbacv1.ClusterRole, _ rbacv1.PolicyRule, _ []manifest.Object) bool {
		return allows(role, "get", "storage.k8s.io", "storageclasses") && allows(role, "get", "", "persistentvolumeclaims")
	}},
	// An operator writes the authority of its certificate into webhooks of its own.
	{[]string{"mutatingwebhookconfigurations", "validatingwebhookconfigurations", "mutatingadmissionpolicies", "mutatingadmissionpolicybindings"},
		func(_ rbacv1.ClusterRole, _ rbacv1.PolicyRule, objects []manifest.Object) bool {
			return slices.ContainsFunc(objects, func(o manifest.Object) bool {
				return strings.HasPrefix(o.APIVersion, "admissionregistration.k8s.io/")
			})
		}},
	// Without the signer's approve the API server refuses the approval
	// (https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#authorization).
	{[]string{"certificatesigningrequests/approval"}, func(role rbacv1.ClusterRole, _ rbacv1.PolicyRule, _ []manifest.Object) bool {
		return !allows(role, "approve", "certificates.k8s.io", "signers")
	}},
}

// isOfController tells whether a finding of rbac/escalation is about a right that a controller needs.
func isOfController(f finding.Finding, objects []manifest.Object) bool {
	role, rule, ok := ruleAt(f, objects)
	if !ok {
		return false
	}
	for _, c := range controllers {
		isAbout := slices.ContainsFunc(c.resources, func(resource string) bool { return strings.HasSuffix(f.Message, "("+resource+")") })
		if isAbout && c.isOne(role, rule, objects) {
			return true
		}
	}
	return false
}

// ruleAt is the rule of the ClusterRole that a finding's field lies in.
func ruleAt(f finding.Finding, objects []manifest.Object) (rbacv1.ClusterRole, rbacv1.PolicyRule, bool) {
	var role rbacv1.ClusterRole
	i := slices.IndexFunc(objects, func(o manifest.Object) bool { return o.Kind == f.Object.Kind && o.Name == f.Object.Name })
	if i < 0 || runtime.DefaultUnstructuredConverter.FromUnstructured(objects[i].Value, &role) != nil {
		return role, rbacv1.PolicyRule{}, false
	}
	for _, element := range manifest.ParsePath(f.Field) {
		if at, ok := element.(int); ok && at < len(role.Rules) {
			return role, role.Rules[at], true
		}
	}
	return role, rbacv1.PolicyRule{}, false
}

func isRead(rule rbacv1.PolicyRule) bool {
	return !slices.ContainsFunc(rule.Verbs, func(verb string) bool { return !slices.Contains([]string{"get", "list", "watch"}, verb) })
}

// allows tells whether one of the role's rules gives the right, or all rights.
func allows(role rbacv1.ClusterRole, verb, group, resource string) bool {
	has := func(all []string, one string) bool { return slices.Contains(all, one) || slices.Contains(all, "*") }
	return slices.ContainsFunc(role.Rules, func(r rbacv1.PolicyRule) bool {
		return has(r.Verbs, verb) && has(r.APIGroups, group) && has(r.Resources, resource)
	})
}
