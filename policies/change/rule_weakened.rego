# METADATA
# title: No rule weighs less than before
# description: |
#   A rule that is switched off here is off everywhere, for everyone who merges later. It counts once it is in the base branch.
# related_resources:
#   - ref: https://www.openpolicyagent.org/docs/policy-language
# custom:
#   id: change/rule-weakened
#   severity: error
#   input: change
#   remedy: "waive it at one place instead, or let who answers for the rules change it on the base branch"
package tenon.rules.change.rule_weakened

deny contains {"msg": msg, "item": weakened} if {
	some weakened in input.change.trust
	weakened.op == "weakened"
	msg := sprintf("%s is %s instead of %s", [name(weakened), weakened.after, weakened.before])
}

name(weakened) := sprintf("the severity of %s", [weakened.name]) if weakened.what == "rule"

name(weakened) := "gate.failOn" if weakened.what == "gate"
