package tenon.rules.gpu.visible_devices_test

import data.tenon.rules.gpu.visible_devices

task := data.rendered.Task["notebook-execution-gpu"]

with_env(name, value) := json.patch(task, [{"op": "add", "path": "/spec/steps/0/env/0", "value": {"name": name, "value": value}}])

with_assignment(value) := json.patch(task, [{"op": "add", "path": "/tenon/scripts/0/facts/assignments/-", "value": {"name": "CUDA_VISIBLE_DEVICES", "value": value, "line": 3}}])

test_fires_on_nvidia_visible_devices if {
	found := visible_devices.deny with input as with_env("NVIDIA_VISIBLE_DEVICES", "all")
	{f.path | some f in found} == {["spec", "steps", 0, "env", 0]}
}

test_fires_on_cuda_visible_devices_all if {
	found := visible_devices.deny with input as with_env("CUDA_VISIBLE_DEVICES", "all")
	{f.path | some f in found} == {["spec", "steps", 0, "env", 0]}
}

test_fires_on_export_in_script if {
	found := visible_devices.deny with input as with_assignment("${NVIDIA_VISIBLE_DEVICES:-all}")
	{f.path | some f in found} == {task.tenon.scripts[0].path}
}

test_silent_on_indices if {
	count(visible_devices.deny) == 0 with input as with_env("CUDA_VISIBLE_DEVICES", "0,1")
	count(visible_devices.deny) == 0 with input as with_assignment("0,1")
}

test_silent_as_rendered if {
	count(visible_devices.deny) == 0 with input as task
}

# Further forms.

test_fires_in_a_pod_template if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/kind", "value": "PipelineRun"}, {"op": "replace", "path": "/spec", "value": {"taskRunTemplate": {"podTemplate": {"env": [{"name": "NVIDIA_VISIBLE_DEVICES", "value": "all"}]}}}}])
	found := visible_devices.deny with input as object
	count(found) == 1
}

test_fires_in_a_config_map if {
	object := json.patch(data.rendered.ConfigMap.dashboard, [{"op": "replace", "path": "/data", "value": {"CUDA_VISIBLE_DEVICES": "all"}}])
	found := visible_devices.deny with input as object
	count(found) == 1
}

test_fires_in_python if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/tenon/scripts", "value": [{"container": ["spec", "steps", 0], "path": ["spec", "steps", 0, "script"], "text": "os.environ[\"CUDA_VISIBLE_DEVICES\"] = \"all\"", "facts": {"commands": [], "assignments": [], "ignored": [], "pipes": [], "captures": []}}]}])
	found := visible_devices.deny with input as object
	count(found) == 1
}

test_says_an_assignment_once if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/tenon/scripts", "value": [{"container": ["spec", "steps", 0], "path": ["spec", "steps", 0, "script"], "text": "export CUDA_VISIBLE_DEVICES=all", "facts": {"commands": [], "assignments": [{"name": "CUDA_VISIBLE_DEVICES", "value": "all", "line": 1}]}}]}])
	found := visible_devices.deny with input as object
	count(found) == 1
}

sees_all(pod) := n if n := count(visible_devices.deny) with input as {"kind": "DaemonSet", "spec": {"template": {"spec": pod}}}

test_device_plugin_itself if {
	variable := [{"name": "NVIDIA_VISIBLE_DEVICES", "value": "all"}]
	sees_all({"containers": [{"image": "nvcr.io/nvidia/k8s-device-plugin:v0.17.0", "env": variable}]}) == 0
	sees_all({"containers": [{"image": "example.com/plugin", "env": variable}], "volumes": [{"name": "d", "hostPath": {"path": "/var/lib/kubelet/device-plugins"}}]}) == 0
	sees_all({"containers": [{"image": "example.com/other", "env": variable}]}) == 1
}
