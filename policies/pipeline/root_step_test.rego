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

test_silent_on_a_pod_of_which_each_container_has_a_user if {
	object := json.patch(data.rendered.Deployment["warm-gpu"], [{"op": "add", "path": "/spec/template/spec/securityContext", "value": {"runAsUser": 0}}])
	found := root_step.deny with input as object
	count(found) == 0
}

pod(containers) := {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"securityContext": {"runAsUser": 0}, "containers": containers}}

test_fires_on_a_container_without_a_user if {
	found := root_step.deny with input as pod([{"name": "a"}, {"name": "b", "securityContext": {"runAsUser": 5}}])
	{f.msg | some f in found} == {"the pod's user is root, and that of a"}
}

test_silent_where_each_has_a_user if {
	count(root_step.deny) == 0 with input as pod([{"name": "b", "securityContext": {"runAsUser": 5}}])
}

test_fires_on_a_template_of_pods if {
	run := {"apiVersion": "tekton.dev/v1", "kind": "TaskRun", "metadata": {"name": "a"}, "spec": {"podTemplate": {"securityContext": {"runAsUser": 0}}}}
	found := root_step.deny with input as run
	count(found) == 1
}
