package tenon.rules.operations.no_requests_test

import data.tenon.rules.operations.no_requests

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "remove", "path": "/spec/steps/0/computeResources"}])
	found := no_requests.deny with input as bad
	{f.path | some f in found} == {["spec", "steps", 0]}
}

test_silent_as_rendered if {
	count(no_requests.deny) == 0 with input as object_under_test
}
