package tenon.rules.pipeline.ignored_failure_test

import data.tenon.rules.pipeline.ignored_failure

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "add", "path": "/tenon/scripts/0/facts/ignored/-", "value": {"command": "pytest", "by": "true", "line": 3}}])
	found := ignored_failure.deny with input as bad
	{f.path | some f in found} == {["spec", "steps", 0, "script"]}
}

test_silent_as_rendered if {
	count(ignored_failure.deny) == 0 with input as object_under_test
}
