package tenon.rules.pipeline.report_in_finally_test

import data.tenon.rules.pipeline.report_in_finally

object_under_test := data.rendered.Pipeline["scientific-computing-ci"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "remove", "path": "/spec/finally"}, {"op": "replace", "path": "/spec/tasks", "value": [{"name": "send-report", "runAfter": ["a"], "taskRef": {"name": "x"}}]}])
	found := report_in_finally.deny with input as bad
	{f.path | some f in found} == {["spec", "tasks", 0, "name"]}
}

test_silent_as_rendered if {
	count(report_in_finally.deny) == 0 with input as object_under_test
}

# Further forms.

test_fires_in_a_run if {
	object := json.patch(data.rendered.Pipeline["scientific-computing-ci"], [{"op": "replace", "path": "/kind", "value": "PipelineRun"}, {"op": "replace", "path": "/spec", "value": {"pipelineSpec": {"tasks": [{"name": "send-report", "runAfter": ["a"]}]}}}])
	found := report_in_finally.deny with input as object
	count(found) == 1
}
