# METADATA
# title: Namespaces are selected by the label that they have
# description: |
#   Kubernetes labels every namespace kubernetes.io/metadata.name. Nobody sets the label name, so a
#   selector on it matches no namespace, and DNS or the ingress is cut off.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/services-networking/network-policies/#targeting-a-namespace-by-its-name
# custom:
#   id: network/namespace-label
#   severity: error
#   remedy: "select kubernetes.io/metadata.name"
package tenon.rules.network.namespace_label

deny contains {"msg": msg, "path": array.concat(path, ["namespaceSelector", "matchLabels", "name"])} if {
	input.kind == "NetworkPolicy"
	walk(input.spec, [below, peer])
	name := peer.namespaceSelector.matchLabels.name
	path := array.concat(["spec"], below)
	msg := sprintf("namespaceSelector name: %s matches no namespace: that label is set by nobody", [name])
}
