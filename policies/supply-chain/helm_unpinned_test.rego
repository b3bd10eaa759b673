package tenon.rules.supply_chain.helm_unpinned_test

import data.tenon.rules.supply_chain.helm_unpinned

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "add", "path": "/tenon/scripts/0/facts/commands/-", "value": {"name": "helm", "args": ["install", "gpu", "nvidia/gpu-operator"], "line": 2}}])
	found := helm_unpinned.deny with input as bad
	{f.path | some f in found} == {["spec", "steps", 0, "script"]}
}

test_silent_as_rendered if {
	count(helm_unpinned.deny) == 0 with input as object_under_test
}

# Further forms.

test_silent_with_a_version if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/tenon/scripts/0/facts/commands", "value": [{"name": "helm", "args": ["install", "a", "b/c", "--version=1.2.3"], "line": 2}]}])
	found := helm_unpinned.deny with input as object
	count(found) == 0
}

test_silent_on_a_folder if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/tenon/scripts/0/facts/commands", "value": [{"name": "helm", "args": ["install", "a", "./chart"], "line": 2}]}])
	found := helm_unpinned.deny with input as object
	count(found) == 0
}
