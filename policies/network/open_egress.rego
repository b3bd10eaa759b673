# METADATA
# title: Egress rules say where to
# description: |
#   A rule without peers, or with 0.0.0.0/0, lets pods reach the whole internet, and with it the
#   metadata address that hands out the node's credentials.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors
# custom:
#   id: network/open-egress
#   severity: error
#   remedy: "name the networks with ipBlock, and leave out 169.254.169.254/32"
package tenon.rules.network.open_egress

deny contains {"msg": msg, "path": ["spec", "egress", i]} if {
	input.kind == "NetworkPolicy"
	some i, rule in input.spec.egress
	count(object.get(rule, "to", [])) == 0
	msg := sprintf("egress rule %d of %s has no peers, which means every destination", [i, input.metadata.name])
}

deny contains {"msg": msg, "path": ["spec", "egress", i, "to", j, "ipBlock"], "evidence": rule} if {
	input.kind == "NetworkPolicy"
	some i, rule in input.spec.egress
	some j, peer in rule.to
	net.cidr_contains(peer.ipBlock.cidr, "169.254.169.254/32")
	not excepted(peer.ipBlock)
	msg := sprintf("%s holds the cloud's metadata address 169.254.169.254", [peer.ipBlock.cidr])
}

excepted(block) if {
	some network in block.except
	net.cidr_contains(network, "169.254.169.254/32")
}
