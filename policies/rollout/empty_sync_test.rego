package tenon.rules.rollout.empty_sync_test

import data.tenon.rules.rollout.empty_sync

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "replace", "path": "/kind", "value": "Application"}, {"op": "replace", "path": "/spec", "value": {"syncPolicy": {"automated": {"allowEmpty": true}}}}])
	found := empty_sync.deny with input as bad
	{f.path | some f in found} == {["spec", "syncPolicy", "automated", "allowEmpty"]}
}

test_silent_as_rendered if {
	count(empty_sync.deny) == 0 with input as object_under_test
}
