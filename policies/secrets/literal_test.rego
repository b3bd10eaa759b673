package tenon.rules.secrets.literal_test

import data.tenon.rules.secrets.literal

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "replace", "path": "/spec/steps/0/env", "value": [{"name": "API_TOKEN", "value": "abcdef012345"}]}])
	found := literal.deny with input as bad
	{f.path | some f in found} == {["spec", "steps", 0, "env", 0, "value"]}
}

test_silent_as_rendered if {
	count(literal.deny) == 0 with input as object_under_test
}
