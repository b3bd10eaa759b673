# METADATA
# title: No role lets its holder be somebody else
# description: |
#   Whoever may impersonate has the rights of those whom the rule does not leave out. A listener of Tekton Triggers needs it for
#   triggers that have an account of their own.
# related_resources:
#   - ref: https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/
# custom:
#   id: rbac/impersonation
#   severity: error
#   remedy: "name the accounts in resourceNames"
package tenon.rules.rbac.impersonation

deny contains {"msg": msg, "path": ["rules", i, "verbs"]} if {
	input.kind in {"Role", "ClusterRole"}
	some i, rule in input.rules
	"impersonate" in rule.verbs
	not rule.resourceNames
	some group in object.get(rule, "apiGroups", [""])
	group in {"", "authentication.k8s.io", "*"}
	some resource in object.get(rule, "resources", [])
	somebody(resource)
	msg := sprintf("%s %s may impersonate", [input.kind, input.metadata.name])
}

somebody(resource) if resource in {"users", "groups", "serviceaccounts", "uids", "*"}

somebody(resource) if startswith(resource, "userextras/")
