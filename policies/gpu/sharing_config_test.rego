package tenon.rules.gpu.sharing_config_test

import data.tenon.rules.gpu.sharing_config

object_under_test := data.rendered.ConfigMap["device-plugin-config"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "replace", "path": "/data", "value": {"any": "sharing:\n  timeSlicing:\n    resources: []\n"}}])
	found := sharing_config.deny with input as bad
	{f.path | some f in found} == {["data", "any"]}
}

test_silent_as_rendered if {
	count(sharing_config.deny) == 0 with input as object_under_test
}
