# METADATA
# title: The device plugin can read its sharing config
# description: |
#   The device plugin refuses a config without version: v1, and with it the node offers no GPU.
#   More than one replica of a GPU is not isolation: memory and faults are shared.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-sharing.html
# custom:
#   id: gpu/sharing-config
#   severity: error
#   remedy: "start the config with version: v1, and name the ConfigMap in devicePlugin.config of the ClusterPolicy"
package tenon.rules.gpu.sharing_config

deny contains {"msg": msg, "path": ["data", key]} if {
	input.kind == "ConfigMap"
	some key, text in input.data
	some word in ["timeSlicing:", "mps:"]
	contains(text, word) # which takes a tenth of the time
	regex.match(`(?m)^\s*(timeSlicing|mps):`, text)
	config := yaml.unmarshal(text)
	object.get(config, "version", "") != "v1"
	msg := sprintf("the sharing config %s lacks version: v1, and the device plugin refuses it", [key])
}
