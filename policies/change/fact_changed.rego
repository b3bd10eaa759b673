# METADATA
# title: What the platform believes of the cluster stays
# description: |
#   The checks believe the facts. One that is stated and not true hides what does not resolve.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/overview/kubernetes-api/
# custom:
#   id: change/fact-changed
#   severity: warning
#   input: change
#   remedy: "see that the cluster is so"
package tenon.rules.change.fact_changed

deny contains {"msg": msg, "item": fact} if {
	some fact in input.change.trust
	fact.what == "fact"
	fact.op != "stated anew"
	msg := sprintf("the fact %s is %s", [fact.name, fact.op])
}

deny contains {"msg": msg, "item": fact} if {
	some fact in input.change.trust
	fact.what == "fact"
	fact.op == "stated anew"
	msg := sprintf("the new environment is believed in its %s", [fact.name])
}
