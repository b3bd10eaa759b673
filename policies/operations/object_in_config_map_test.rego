package tenon.rules.operations.object_in_config_map_test

import data.tenon.rules.operations.object_in_config_map

config(text) := {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "image-security-policy"}, "data": {"policy.yaml": text}}

test_fires_on_an_image_policy if {
	found := object_in_config_map.deny with input as config("apiVersion: v1alpha1\nkind: ClusterImagePolicy\n")
	{f.path | some f in found} == {["data", "policy.yaml"]}
}

test_silent_on_other_text if {
	count(object_in_config_map.deny) == 0 with input as config("kind: ClusterImagePolicy of our own\n")
}
