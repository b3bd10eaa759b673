# METADATA
# title: What may be used changes
# description: |
#   Quotas, claims, concurrent runs and the size of node pools bound what the platform costs.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/policy/resource-quotas/
# custom:
#   id: change/cost
#   severity: info
#   input: change
#   remedy: "see that the budget and the cloud's own quota have room for it"
package tenon.rules.change.cost

import data.tenon.changes as lib

deny contains {"msg": msg, "item": cost} if {
	some cost in input.change.costs
	not lib.multiplied(cost)
	not shrinks(cost)
	msg := sprintf("%s: %s %s instead of %s", [cost.what, cost.resource, cost.after, cost.before])
}

deny contains {"msg": msg, "remedy": "see that what runs there still has room", "item": cost} if {
	some cost in input.change.costs
	not lib.multiplied(cost)
	shrinks(cost)
	msg := sprintf("%s: %s %s instead of %s", [cost.what, cost.resource, cost.after, cost.before])
}

shrinks(cost) if cost.grows == false
