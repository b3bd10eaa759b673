package tenon.rules.operations.client_flags_test

import data.tenon.rules.operations.client_flags

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "add", "path": "/tenon/scripts/0/facts/commands/-", "value": {"name": "kubectl", "args": ["delete", "pvc", "--field-selector=status.phase=Available"], "line": 2}}])
	found := client_flags.deny with input as bad
	{f.path | some f in found} == {["spec", "steps", 0, "script"]}
}

test_silent_as_rendered if {
	count(client_flags.deny) == 0 with input as object_under_test
}
