package tenon.rules.operations.default_account_test

import data.tenon.rules.operations.default_account

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "replace", "path": "/kind", "value": "TaskRun"}, {"op": "replace", "path": "/spec", "value": {}}])
	found := default_account.deny with input as bad
	{f.path | some f in found} == {["spec"]}
}

test_silent_as_rendered if {
	count(default_account.deny) == 0 with input as object_under_test
}
