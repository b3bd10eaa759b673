package tenon.rules.rbac.escalation_test

import data.tenon.rules.rbac.escalation

object_under_test := data.rendered.ClusterRole["scientific-computing-trigger-reader"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "replace", "path": "/rules/0/verbs", "value": ["escalate"]}])
	found := escalation.deny with input as bad
	{f.path | some f in found} == {["rules", 0, "verbs"]}
}

test_silent_as_rendered if {
	count(escalation.deny) == 0 with input as object_under_test
}
