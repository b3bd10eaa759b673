package tenon.rules.network.ingress_without_class_test

import data.tenon.rules.network.ingress_without_class

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "replace", "path": "/kind", "value": "Ingress"}, {"op": "replace", "path": "/spec", "value": {"rules": []}}])
	found := ingress_without_class.deny with input as bad
	{f.path | some f in found} == {["spec"]}
}

test_silent_as_rendered if {
	count(ingress_without_class.deny) == 0 with input as object_under_test
}
