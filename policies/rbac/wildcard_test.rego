package tenon.rules.rbac.wildcard_test

import data.tenon.rules.rbac.wildcard

role := data.rendered.ClusterRole["scientific-computing-trigger-reader"]

test_fires_on_all_verbs if {
	bad := json.patch(role, [{"op": "add", "path": "/rules/0/verbs", "value": ["*"]}])
	found := wildcard.deny with input as bad
	{f.path | some f in found} == {["rules", 0, "verbs"]}
}

test_silent_as_rendered if {
	count(wildcard.deny) == 0 with input as role
}
