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
