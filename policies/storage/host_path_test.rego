package tenon.rules.storage.host_path_test

import data.tenon.rules.storage.host_path

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "add", "path": "/spec/volumes/0", "value": {"name": "data", "hostPath": {"path": "/data"}}}])
	found := host_path.deny with input as bad
	{f.path | some f in found} == {["spec", "volumes", 0, "hostPath"]}
}

test_silent_as_rendered if {
	count(host_path.deny) == 0 with input as object_under_test
}

# Further forms.

test_fires_on_a_volume if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/kind", "value": "PersistentVolume"}, {"op": "replace", "path": "/spec", "value": {"hostPath": {"path": "/x"}}}])
	found := host_path.deny with input as object
	count(found) == 1
}

test_fires_on_a_class if {
	object := json.patch(data.rendered.StorageClass["gpu-results-storage"], [{"op": "replace", "path": "/provisioner", "value": "kubernetes.io/no-provisioner"}, {"op": "replace", "path": "/volumeBindingMode", "value": "Immediate"}])
	found := host_path.deny with input as object
	count(found) == 1
}
