package tenon.rules.pipeline.no_tasks_test

import data.tenon.rules.pipeline.no_tasks

object_under_test := data.rendered.Pipeline["scientific-computing-ci"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "replace", "path": "/spec/tasks", "value": []}])
	found := no_tasks.deny with input as bad
	{f.path | some f in found} == {["spec"]}
}

test_silent_as_rendered if {
	count(no_tasks.deny) == 0 with input as object_under_test
}
