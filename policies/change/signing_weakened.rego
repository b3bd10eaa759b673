# METADATA
# title: What must be signed, and by whom, stays
# description: |
#   Whoever signs with another key, or is asked for no signature any more, runs on every node.
# related_resources:
#   - ref: https://docs.sigstore.dev/policy-controller/overview/
# custom:
#   id: change/signing-weakened
#   severity: error
#   input: change
#   remedy: "let who answers for signing change it on the base branch, or waive it there"
package tenon.rules.change.signing_weakened

deny contains {"msg": msg, "item": policy} if {
	some policy in input.change.trust
	policy.what == "signing"
	policy.op != "strengthened"
	msg := sprintf("%s: %s is %s", [policy.name, object.get(names, policy.field, policy.field), policy.op])
}

names := {"": "it", "metadata.labels[\"policy.sigstore.dev/include\"]": "the label that has its images verified"}
