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

# Further forms.

test_fires_on_umask if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/tenon/scripts", "value": [{"container": ["spec", "steps", 0], "path": ["spec", "steps", 0, "script"], "text": "", "facts": {"commands": [{"name": "umask", "args": ["000"], "line": 1}], "assignments": [], "ignored": [], "pipes": [], "captures": []}}]}])
	found := world_writable.deny with input as object
	count(found) == 1
}

test_fires_on_a_mode if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/tenon/scripts", "value": [{"container": ["spec", "steps", 0], "path": ["spec", "steps", 0, "script"], "text": "", "facts": {"commands": [{"name": "mkdir", "args": ["-m", "777", "x"], "line": 1}], "assignments": [], "ignored": [], "pipes": [], "captures": []}}]}])
	found := world_writable.deny with input as object
	count(found) == 1
}
