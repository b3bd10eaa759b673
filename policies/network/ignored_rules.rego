# METADATA
# title: The rules of a policy are of its types
# description: |
#   A policy whose policyTypes leave Egress out does not look at its egress rules: they say what
#   is allowed, and everything is.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-resource
# custom:
#   id: network/ignored-rules
#   severity: error
#   remedy: "add the type to policyTypes, or remove the rules"
package tenon.rules.network.ignored_rules

deny contains {"msg": msg, "path": ["spec", rules]} if {
	input.kind == "NetworkPolicy"
	count(object.get(input.spec, "policyTypes", [])) > 0
	some rules, type in {"egress": "Egress", "ingress": "Ingress"}
	rules in object.keys(input.spec)
	not type in input.spec.policyTypes
	msg := sprintf("the %s rules are ignored: policyTypes has no %s", [rules, type])
}
