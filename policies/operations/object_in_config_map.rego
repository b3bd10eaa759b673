# METADATA
# title: Objects are applied, not stored as text
# description: |
#   An object written into the data of a ConfigMap is never read: a ClusterImagePolicy there checks
#   no image, and a PrometheusRule raises no alert.
# related_resources:
#   - ref: https://docs.sigstore.dev/policy-controller/overview/
# custom:
#   id: operations/object-in-config-map
#   severity: error
#   remedy: "apply it as an object of its own"
package tenon.rules.operations.object_in_config_map

deny contains {"msg": msg, "path": ["data", key]} if {
	input.kind == "ConfigMap"
	some key, text in input.data
	regex.match(`(^|\n)apiVersion:`, text)
	found := regex.find_all_string_submatch_n(`(^|\n)kind:\s*(ClusterImagePolicy|NetworkPolicy|PrometheusRule|ServiceMonitor|Role|ClusterRole)\b`, text, 1)
	msg := sprintf("a %s is hidden in the data of ConfigMap %s, where nothing reads it", [found[0][2], input.metadata.name])
}
