package tenon.lib_test

import data.tenon.lib

test_containers_of_a_task_are_its_steps if {
	task := data.rendered.Task["env-preparation"]
	found := lib.containers with input as task
	count(found) == count(task.spec.steps)
}

test_task_specs_embedded_in_a_run_are_found if {
	run := {"apiVersion": "tekton.dev/v1", "kind": "PipelineRun", "spec": {"pipelineSpec": {"tasks": [{"name": "a", "taskSpec": {"steps": []}}]}}}
	found := lib.task_specs with input as run
	found == {{"path": ["spec", "pipelineSpec", "tasks", 0, "taskSpec"], "spec": {"steps": []}}}
}

test_gpu_request_with_unequal_values if {
	lib.gpu_request({"computeResources": {"requests": {"nvidia.com/gpu": "1"}, "limits": {"nvidia.com/gpu": 2}}})
}

test_gpu_request_is_undefined_without_one if {
	some step in data.rendered.Task["env-preparation"].spec.steps
	not lib.gpu_request(step)
}

test_other_devices if {
	lib.extended_gpu("nvidia.com/mig-1g.5gb")
	lib.extended_gpu("amd.com/gpu")
	not lib.extended_gpu("cpu")
}
