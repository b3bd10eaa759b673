package tenon.rules.supply_chain.run_time_install_test

import data.tenon.rules.supply_chain.run_time_install

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "add", "path": "/tenon/scripts/0/facts/commands/-", "value": {"name": "pip", "args": ["install", "papermill"], "line": 2}}])
	found := run_time_install.deny with input as bad
	{f.path | some f in found} == {["spec", "steps", 0, "script"]}
}

test_silent_as_rendered if {
	count(run_time_install.deny) == 0 with input as object_under_test
}

# Further forms.

test_fires_on_a_module if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/tenon/scripts/0/facts/commands", "value": [{"name": "python3", "args": ["-m", "pip", "install", "x"], "line": 2}]}])
	found := run_time_install.deny with input as object
	count(found) == 1
}
