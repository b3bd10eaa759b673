# METADATA
# title: Nodes are selected by labels that something maintains
# description: |
#   A label without a prefix, such as accelerator or gpu-type, is set by hand and drifts from
#   the hardware: new nodes lack it and the pod stays Pending. GPU feature discovery sets
#   nvidia.com/gpu.product, .count and .memory.
# related_resources:
#   - ref: https://github.com/NVIDIA/k8s-device-plugin/tree/main/docs/gpu-feature-discovery
# custom:
#   id: gpu/hand-made-label
#   severity: warning
#   remedy: "select nvidia.com/gpu.product, or a label with a prefix of your own that the node pool sets"
package tenon.rules.gpu.hand_made_label

hand_made := `(?i)^(accelerator|gpu|gpu[-_].*|node[-_]?type|hardware|cuda.*|nvidia[-_].*)$`

deny contains {"msg": msg, "path": array.concat(path, ["nodeSelector", key])} if {
	walk(input, [path, value])
	some key, _ in value.nodeSelector
	regex.match(hand_made, key)
	not "tenon" in path
	msg := sprintf("nodes are selected by %s, a label that nothing maintains", [key])
}

deny contains {"msg": msg, "path": array.concat(path, ["key"])} if {
	walk(input, [path, value])
	count(path) > 1
	path[count(path) - 2] == "matchExpressions"
	some i, element in path
	element == "nodeAffinity"
	regex.match(hand_made, value.key)
	msg := sprintf("nodes are selected by %s, a label that nothing maintains", [value.key])
}

deny contains {"msg": msg, "path": ["metadata", "labels", key]} if {
	input.kind == "Node"
	some key, _ in input.metadata.labels
	regex.match(hand_made, key)
	msg := sprintf("label %s is made by hand and drifts from the hardware", [key])
}
