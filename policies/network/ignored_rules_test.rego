package tenon.rules.network.ignored_rules_test

import data.tenon.rules.network.ignored_rules

object_under_test := data.rendered.NetworkPolicy["runs-egress"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "replace", "path": "/spec/policyTypes", "value": ["Ingress"]}])
	found := ignored_rules.deny with input as bad
	{f.path | some f in found} == {["spec", "egress"]}
}

test_silent_as_rendered if {
	count(ignored_rules.deny) == 0 with input as object_under_test
}
