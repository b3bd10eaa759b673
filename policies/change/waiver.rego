# METADATA
# title: A waiver is added on purpose
# description: |
#   A waiver lets a rule off. It counts once it is in the base branch: a change cannot excuse itself.
# related_resources:
#   - ref: https://www.conftest.dev/exceptions/
# custom:
#   id: change/waiver
#   severity: warning
#   input: change
#   remedy: "let who answers for the rule approve it, in a change of its own"
package tenon.rules.change.waiver

deny contains {"msg": msg, "item": waiver} if {
	some waiver in input.change.trust
	waiver.what == "waiver"
	waiver.op in {"added", "extended"}
	msg := sprintf("waiver %s for %s on %s is %s%s: %s (%s)", [waiver.name, waiver.rule, waiver.of, waiver.op, until(waiver), waiver.reason, waiver.owner])
}

until(waiver) := sprintf(" until %s", [waiver.until]) if waiver.until != ""

until(waiver) := ", for ever" if waiver.until == ""
