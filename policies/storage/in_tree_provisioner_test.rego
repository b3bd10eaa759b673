package tenon.rules.storage.in_tree_provisioner_test

import data.tenon.rules.storage.in_tree_provisioner

class := data.rendered.StorageClass["gpu-nvme-ssd"]

test_fires_on_the_old_name if {
	found := in_tree_provisioner.deny with input as object.union(class, {"provisioner": "kubernetes.io/aws-ebs"})
	{f.path | some f in found} == {["provisioner"]}
}

test_silent_as_rendered if {
	count(in_tree_provisioner.deny) == 0 with input as class
}
