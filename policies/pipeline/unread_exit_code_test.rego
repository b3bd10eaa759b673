package tenon.rules.pipeline.unread_exit_code_test

import data.tenon.rules.pipeline.unread_exit_code

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "add", "path": "/tenon/scripts/0/facts/captures/-", "value": {"name": "RC", "line": 3, "reached": false, "used": true}}])
	found := unread_exit_code.deny with input as bad
	{f.path | some f in found} == {["spec", "steps", 0, "script"]}
}

test_silent_as_rendered if {
	count(unread_exit_code.deny) == 0 with input as object_under_test
}

# Further forms.

test_fires_on_an_unused_one if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/tenon/scripts/0/facts/captures", "value": [{"name": "RC", "line": 3, "reached": true, "used": false}]}])
	found := unread_exit_code.deny with input as object
	count(found) == 1
}
