package tenon.rules.storage.world_writable_test

import data.tenon.rules.storage.world_writable

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "add", "path": "/tenon/scripts/0/facts/commands/-", "value": {"name": "chmod", "args": ["-R", "777", "/workspace"], "line": 2}}])
	found := world_writable.deny with input as bad
	{f.path | some f in found} == {["spec", "steps", 0, "script"]}
}

test_silent_as_rendered if {
	count(world_writable.deny) == 0 with input as object_under_test
}
