# METADATA
# title: Nothing may use a multiple of what it did
# description: |
#   Twice as much or more is often a slip of a digit or of a unit.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/policy/resource-quotas/
# custom:
#   id: change/cost-multiplied
#   severity: warning
#   input: change
#   remedy: "say in the pull request why so much more is needed"
package tenon.rules.change.cost_multiplied

import data.tenon.changes as lib

deny contains {"msg": msg, "item": cost} if {
	some cost in input.change.costs
	lib.multiplied(cost)
	msg := sprintf("%s: %s %s instead of %s", [cost.what, cost.resource, cost.after, than(cost)])
}

than(cost) := sprintf("%s, %v times as much", [cost.before, round(cost.factor * 10) / 10]) if cost.before != "0"

than(cost) := "none" if cost.before == "0"
