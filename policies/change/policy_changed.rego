# METADATA
# title: The rules of the base stay
# description: |
#   The rules that this change is judged by are those of the base. Whoever merges it changes them for all later ones.
# related_resources:
#   - ref: https://www.openpolicyagent.org/docs/policy-language
# custom:
#   id: change/policy-changed
#   severity: warning
#   input: change
#   remedy: "let who answers for the rules approve it"
package tenon.rules.change.policy_changed

deny contains {"msg": msg, "item": file} if {
	some file in input.change.trust
	file.what == "policy"
	msg := sprintf("the policy %s is %s", [file.name, file.op])
}
