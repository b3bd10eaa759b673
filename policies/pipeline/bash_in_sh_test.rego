package tenon.rules.pipeline.bash_in_sh_test

import data.tenon.rules.pipeline.bash_in_sh

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "add", "path": "/tenon/scripts/0/facts/bash", "value": "1:1: arrays"}])
	found := bash_in_sh.deny with input as bad
	{f.path | some f in found} == {["spec", "steps", 0, "script"]}
}

test_silent_as_rendered if {
	count(bash_in_sh.deny) == 0 with input as object_under_test
}
