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

# Further forms.

test_silent_with_a_template if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/spec/steps", "value": [{"name": "a"}]}, {"op": "add", "path": "/spec/stepTemplate", "value": {"computeResources": {"requests": {"cpu": "1"}}}}])
	found := no_requests.deny with input as object
	count(found) == 0
}

test_silent_of_a_step_action if {
	count(no_requests.deny) == 0 with input as {"kind": "StepAction", "apiVersion": "tekton.dev/v1beta1", "spec": {"image": "a"}}
}
