package tenon.rules.operations.generated_name_test

import data.tenon.rules.operations.generated_name

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "remove", "path": "/metadata/name"}, {"op": "add", "path": "/metadata/generateName", "value": "x-"}])
	found := generated_name.deny with input as bad
	{f.path | some f in found} == {["metadata", "generateName"]}
}

test_silent_as_rendered if {
	count(generated_name.deny) == 0 with input as object_under_test
}
