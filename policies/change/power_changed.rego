# METADATA
# title: What decides about the rights of others stays
# description: |
#   Accounts, labels and annotations, roles that take in others, and the settings of controllers decide who may do what without a word of RBAC.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   id: change/power-changed
#   severity: warning
#   input: change
#   remedy: "see who may do more by it"
package tenon.rules.change.power_changed

deny contains {"msg": msg, "item": part} if {
	some part in input.change.power
	msg := sprintf("%s of %s %s is %s: %s", [part.field, part.object.kind, part.object.name, part.op, part.why])
}
