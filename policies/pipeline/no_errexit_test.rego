package tenon.rules.pipeline.no_errexit_test

import data.tenon.rules.pipeline.no_errexit

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "replace", "path": "/tenon/scripts/0/facts/errexit", "value": false}, {"op": "replace", "path": "/tenon/scripts/0/facts/commands", "value": [{"name": "a", "args": [], "line": 2}, {"name": "b", "args": [], "line": 2}, {"name": "c", "args": [], "line": 2}]}])
	found := no_errexit.deny with input as bad
	{f.path | some f in found} == {["spec", "steps", 0, "script"]}
}

test_silent_as_rendered if {
	count(no_errexit.deny) == 0 with input as object_under_test
}
