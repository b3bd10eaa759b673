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

import data.tenon.lib

hand_made := `(?i)^(accelerator|gpu|gpu[-_].*|node[-_]?type|hardware|cuda.*|nvidia[-_].*)$`

deny contains {"msg": msg, "path": array.concat(pod.path, ["nodeSelector", key])} if {
	some pod in lib.pod_specs
	some key, _ in pod.spec.nodeSelector
	regex.match(hand_made, key)
	msg := sprintf("nodes are selected by %s, a label that nothing maintains", [key])
}

deny contains {"msg": msg, "path": array.concat(pod.path, array.concat(["affinity", "nodeAffinity"], array.concat(below, ["key"])))} if {
	some pod in lib.pod_specs
	walk(pod.spec.affinity.nodeAffinity, [below, value])
	is_object(value)
	regex.match(hand_made, value.key)
	msg := sprintf("nodes are selected by %s, a label that nothing maintains", [value.key])
}

deny contains {"msg": msg, "path": ["metadata", "labels", key]} if {
	input.kind == "Node"
	some key, _ in input.metadata.labels
	regex.match(hand_made, key)
	msg := sprintf("label %s is made by hand and drifts from the hardware", [key])
}
