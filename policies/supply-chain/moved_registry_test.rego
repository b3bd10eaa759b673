package tenon.rules.supply_chain.moved_registry_test

import data.tenon.rules.supply_chain.moved_registry

task := data.rendered.Task["env-preparation"]

test_fires_on_the_old_home if {
	bad := json.patch(task, [{"op": "replace", "path": "/spec/steps/0/image", "value": "gcr.io/tekton-releases/git-init:v0.40.2"}])
	found := moved_registry.deny with input as bad
	{f.path | some f in found} == {["spec", "steps", 0, "image"]}
}

test_silent_as_rendered if {
	count(moved_registry.deny) == 0 with input as task
}
