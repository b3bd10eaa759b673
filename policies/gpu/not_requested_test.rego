package tenon.rules.gpu.not_requested_test

import data.tenon.rules.gpu.not_requested

task := data.rendered.Task["notebook-execution-gpu"]

test_fires_without_a_request if {
	bad := json.patch(task, [{"op": "replace", "path": "/spec/steps/0/computeResources", "value": {}}])
	found := not_requested.deny with input as bad
	{f.path | some f in found} == {["spec", "steps", 0, "computeResources"]}
}

test_fires_on_an_import if {
	cpu := data.rendered.Task["test-execution"]
	bad := json.patch(cpu, [{"op": "replace", "path": "/tenon/scripts/0/text", "value": "#!/usr/bin/env python3\nimport cupy\n"}])
	found := not_requested.deny with input as bad
	count(found) == 1
}

test_silent_as_rendered if {
	count(not_requested.deny) == 0 with input as task
}

# Further forms.

test_silent_with_a_template if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/spec/steps", "value": [{"name": "a", "image": "x"}]}, {"op": "add", "path": "/spec/stepTemplate", "value": {"computeResources": {"limits": {"nvidia.com/gpu": 1}}}}, {"op": "replace", "path": "/tenon/scripts", "value": [{"container": ["spec", "steps", 0], "path": ["spec", "steps", 0, "script"], "text": "nvidia-smi", "facts": {"commands": [{"name": "nvidia-smi", "args": [], "line": 1}]}}]}])
	found := not_requested.deny with input as object
	count(found) == 0
}

test_silent_with_a_claim if {
	object := json.patch(task, [{"op": "replace", "path": "/spec/steps/0/computeResources", "value": {"claims": [{"name": "gpu"}]}}])
	found := not_requested.deny with input as object
	count(found) == 0
}
