package tenon.rules.supply_chain.floating_resolver_test

import data.tenon.rules.supply_chain.floating_resolver

object_under_test := data.rendered.Pipeline["scientific-computing-ci"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "replace", "path": "/spec/tasks", "value": [{"name": "a", "taskRef": {"resolver": "git", "params": [{"name": "revision", "value": "main"}]}}]}])
	found := floating_resolver.deny with input as bad
	{f.path | some f in found} == {["spec", "tasks", 0, "taskRef", "params", 0, "value"]}
}

test_silent_as_rendered if {
	count(floating_resolver.deny) == 0 with input as object_under_test
}

# Further forms.

test_fires_on_a_bundle if {
	object := json.patch(data.rendered.Pipeline["scientific-computing-ci"], [{"op": "replace", "path": "/spec/tasks", "value": [{"name": "a", "taskRef": {"resolver": "bundles", "params": [{"name": "bundle", "value": "ghcr.io/a/b:latest"}]}}]}])
	found := floating_resolver.deny with input as object
	count(found) == 1
}
