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
	lib.extended_gpu("deviceclass.resource.kubernetes.io/gpu.nvidia.com")
	lib.extended_gpu("amd.com/gpu")
	not lib.extended_gpu("cpu")
}

test_containers_of_every_kind_of_body if {
	step := {"name": "a", "image": "x"}
	task := {"steps": [step]}
	paths := {"TaskRun": ["spec", "taskSpec", "steps", 0], "Task": ["spec", "steps", 0]}
	every kind, path in paths {
		body := {"TaskRun": {"taskSpec": task}, "Task": task}[kind]
		found := lib.containers with input as {"kind": kind, "spec": body}
		{c.path | some c in found} == {path}
	}
}

test_containers_of_templates if {
	object := {"kind": "TriggerTemplate", "spec": {"resourcetemplates": [{"kind": "PipelineRun", "spec": {"pipelineSpec": {"finally": [{"taskSpec": {"sidecars": [{"name": "s"}]}}]}}}]}}
	found := lib.containers with input as object
	{c.path | some c in found} == {["spec", "resourcetemplates", 0, "spec", "pipelineSpec", "finally", 0, "taskSpec", "sidecars", 0]}
}

test_step_actions_are_containers if {
	found := lib.containers with input as {"kind": "StepAction", "metadata": {"name": "a"}, "spec": {"image": "x"}}
	{c.path | some c in found} == {["spec"]}
}

test_pods_of_runs if {
	object := {"kind": "PipelineRun", "spec": {"taskRunTemplate": {"podTemplate": {"volumes": [{"name": "v"}]}}, "taskRunSpecs": [{"podTemplate": {"nodeSelector": {}}}]}}
	found := lib.pod_specs with input as object
	{p.path | some p in found} == {["spec", "taskRunTemplate", "podTemplate"], ["spec", "taskRunSpecs", 0, "podTemplate"]}
	volumes := lib.volumes with input as object
	{v.path | some v in volumes} == {["spec", "taskRunTemplate", "podTemplate", "volumes", 0]}
}

test_containers_of_pods if {
	found := lib.containers with input as {"kind": "Deployment", "spec": {"template": {"spec": {"initContainers": [{"name": "a"}]}}}}
	{c.path | some c in found} == {["spec", "template", "spec", "initContainers", 0]}
}

test_containers_of_pipelines if {
	found := lib.containers with input as {"kind": "Pipeline", "spec": {"tasks": [{"taskSpec": {"stepTemplate": {"image": "x"}}}]}}
	{c.path | some c in found} == {["spec", "tasks", 0, "taskSpec", "stepTemplate"]}
}

# Custom resources hold templates of pods.
test_templates_of_custom_resources if {
	template := {"path": ["spec", "pytorchReplicaSpecs", "Worker", "template", "spec"], "spec": {"containers": [{"name": "a"}]}}
	found := lib.containers with input as {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "tenon": {"templates": [template]}}
	{c.path | some c in found} == {["spec", "pytorchReplicaSpecs", "Worker", "template", "spec", "containers", 0]}
}
