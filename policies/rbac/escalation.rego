# METADATA
# title: No role can give itself more
# description: |
#   escalate and bind let an account write roles with rights that it does not have; impersonate
#   lets it act as anybody.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/#escalate-verb
# custom:
#   id: rbac/escalation
#   severity: error
#   remedy: "leave the verb out; for a listener impersonate is limited by resourceNames"
package tenon.rules.rbac.escalation

deny contains {"msg": msg, "path": ["rules", i, "verbs"]} if {
	input.kind in {"Role", "ClusterRole"}
	some i, rule in input.rules
	some verb in rule.verbs
	verb in {"escalate", "bind", "impersonate"}
	not rule.resourceNames
	msg := sprintf("%s %s may %s", [input.kind, input.metadata.name, verb])
}
