package tenon.rules.pipeline.merge_patch_list_test

import data.tenon.rules.pipeline.merge_patch_list

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "add", "path": "/tenon/scripts/0/facts/commands/-", "value": {"name": "kubectl", "args": ["patch", "el", "x", "--type=merge", "-p", "{\"spec\":{\"triggers\":[{}]}}"], "line": 2}}])
	found := merge_patch_list.deny with input as bad
	{f.path | some f in found} == {["spec", "steps", 0, "script"]}
}

test_silent_as_rendered if {
	count(merge_patch_list.deny) == 0 with input as object_under_test
}
