package tenon.rules.pipeline.invented_figures_test

import data.tenon.rules.pipeline.invented_figures

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "add", "path": "/tenon/scripts/0/facts/assignments/-", "value": {"name": "TOTAL_TESTS", "value": "5", "line": 2}}])
	found := invented_figures.deny with input as bad
	{f.path | some f in found} == {["spec", "steps", 0, "script"]}
}

test_silent_as_rendered if {
	count(invented_figures.deny) == 0 with input as object_under_test
}
