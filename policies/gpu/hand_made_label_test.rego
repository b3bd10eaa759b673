package tenon.rules.gpu.hand_made_label_test

import data.tenon.rules.gpu.hand_made_label

object_under_test := data.rendered.Deployment["warm-gpu"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "replace", "path": "/spec/template/spec/nodeSelector", "value": {"gpu-type": "a16"}}])
	found := hand_made_label.deny with input as bad
	{f.path | some f in found} == {["spec", "template", "spec", "nodeSelector", "gpu-type"]}
}

test_silent_as_rendered if {
	count(hand_made_label.deny) == 0 with input as object_under_test
}

# Further forms.

test_fires_on_an_affinity if {
	object := json.patch(data.rendered.Deployment["warm-gpu"], [{"op": "replace", "path": "/spec/template/spec", "value": {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "gpu-type", "operator": "Exists"}]}]}}}}}])
	found := hand_made_label.deny with input as object
	count(found) == 1
}

test_fires_on_a_node if {
	object := json.patch(data.rendered.Deployment["warm-gpu"], [{"op": "replace", "path": "/kind", "value": "Node"}, {"op": "replace", "path": "/spec", "value": {}}, {"op": "replace", "path": "/metadata/labels", "value": {"gpu-type": "v100"}}])
	found := hand_made_label.deny with input as object
	count(found) == 1
}
