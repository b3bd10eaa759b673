package tenon.rules.gpu.one_step_test

import data.tenon.rules.gpu.one_step

task := data.rendered.Task["notebook-execution-gpu"]

gpu := {"limits": {"nvidia.com/gpu": "1"}}

second := json.patch(task, [{"op": "add", "path": "/spec/steps/-", "value": {"name": "second", "image": "x"}}])

test_fires_on_two_steps if {
	bad := json.patch(second, [{"op": "add", "path": "/spec/steps/1/computeResources", "value": gpu}])
	found := one_step.deny with input as bad
	{f.path | some f in found} == {["spec", "steps", 1, "computeResources"]}
}

test_fires_on_a_step_template if {
	bad := json.patch(second, [
		{"op": "replace", "path": "/spec/steps/0/computeResources", "value": {}},
		{"op": "add", "path": "/spec/stepTemplate", "value": {"computeResources": gpu}},
	])
	found := one_step.deny with input as bad
	{f.path | some f in found} == {["spec", "stepTemplate", "computeResources"]}
}

test_fires_at_task_level_of_a_run if {
	run := {"apiVersion": "tekton.dev/v1", "kind": "PipelineRun", "spec": {"taskRunSpecs": [{"pipelineTaskName": "a", "computeResources": gpu}]}}
	found := one_step.deny with input as run
	{f.path | some f in found} == {["spec", "taskRunSpecs", 0, "computeResources"]}
}

test_silent_as_rendered if {
	count(one_step.deny) == 0 with input as task
	count(one_step.deny) == 0 with input as second
}

# Further forms.

test_fires_on_a_task_run if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/kind", "value": "TaskRun"}, {"op": "replace", "path": "/spec", "value": {"computeResources": {"limits": {"nvidia.com/gpu": 1}}}}])
	found := one_step.deny with input as object
	count(found) == 1
}
