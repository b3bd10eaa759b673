package tenon.rules.storage.class_parameters_test

import data.tenon.rules.storage.class_parameters

object_under_test := data.rendered.StorageClass["gpu-results-storage"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "replace", "path": "/parameters/provisioningMode", "value": "efs-utils"}])
	found := class_parameters.deny with input as bad
	{f.path | some f in found} == {["parameters", "provisioningMode"]}
}

test_silent_as_rendered if {
	count(class_parameters.deny) == 0 with input as object_under_test
}
