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

# Further forms.

test_fires_without_a_file_system if {
	object := json.patch(data.rendered.StorageClass["gpu-results-storage"], [{"op": "replace", "path": "/parameters", "value": {"provisioningMode": "efs-ap"}}])
	found := class_parameters.deny with input as object
	count(found) == 1
}

test_fires_on_an_unknown_type if {
	object := json.patch(data.rendered.StorageClass["gpu-results-storage"], [{"op": "replace", "path": "/provisioner", "value": "ebs.csi.aws.com"}, {"op": "replace", "path": "/parameters", "value": {"type": "gp9"}}])
	found := class_parameters.deny with input as object
	count(found) == 1
}

test_fires_on_the_old_name if {
	object := json.patch(data.rendered.StorageClass["gpu-results-storage"], [{"op": "replace", "path": "/provisioner", "value": "kubernetes.io/aws-ebs"}, {"op": "replace", "path": "/parameters", "value": {"type": "gp9"}}])
	found := class_parameters.deny with input as object
	count(found) == 1
}

test_fires_on_a_throughput if {
	object := json.patch(data.rendered.StorageClass["gpu-results-storage"], [{"op": "replace", "path": "/provisioner", "value": "ebs.csi.aws.com"}, {"op": "replace", "path": "/parameters", "value": {"type": "io2", "throughput": "1000"}}])
	found := class_parameters.deny with input as object
	count(found) == 1
}
