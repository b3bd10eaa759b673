package tenon.rules.pipeline.root_step_test

import data.tenon.rules.pipeline.root_step

task := data.rendered.Task["env-preparation"]

set(field, value) := json.patch(task, [{"op": "add", "path": sprintf("/spec/steps/0/securityContext/%s", [field]), "value": value}])

test_fires_on_root if {
	found := root_step.deny with input as set("runAsUser", 0)
	{f.path | some f in found} == {["spec", "steps", 0, "securityContext", "runAsUser"]}
}

test_fires_on_privileged if {
	found := root_step.deny with input as set("privileged", true)
	{f.path | some f in found} == {["spec", "steps", 0, "securityContext", "privileged"]}
}

test_silent_as_rendered if {
	count(root_step.deny) == 0 with input as task
}

# Further forms.

test_fires_on_a_pod if {
	object := json.patch(data.rendered.Deployment["warm-gpu"], [{"op": "add", "path": "/spec/template/spec/securityContext", "value": {"runAsUser": 0}}])
	found := root_step.deny with input as object
	count(found) == 1
}
