package tenon.rules.pipeline.host_access_test

import data.tenon.rules.pipeline.host_access

object_under_test := data.rendered.Deployment["warm-gpu"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "add", "path": "/spec/template/spec/hostNetwork", "value": true}])
	found := host_access.deny with input as bad
	{f.path | some f in found} == {["spec", "template", "spec", "hostNetwork"]}
}

test_silent_as_rendered if {
	count(host_access.deny) == 0 with input as object_under_test
}

# Further forms.

test_fires_on_a_capability if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/spec/steps", "value": [{"name": "a", "securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}}]}])
	found := host_access.deny with input as object
	count(found) == 1
}
