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
