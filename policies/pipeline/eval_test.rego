package tenon.rules.pipeline.eval_test

import data.tenon.rules.pipeline.eval

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "add", "path": "/tenon/scripts/0/facts/commands/-", "value": {"name": "eval", "args": ["echo $MSG"], "line": 2}}])
	found := eval.deny with input as bad
	{f.path | some f in found} == {["spec", "steps", 0, "script"]}
}

test_silent_as_rendered if {
	count(eval.deny) == 0 with input as object_under_test
}
