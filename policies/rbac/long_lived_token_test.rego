package tenon.rules.rbac.long_lived_token_test

import data.tenon.rules.rbac.long_lived_token

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "replace", "path": "/kind", "value": "Secret"}, {"op": "add", "path": "/type", "value": "kubernetes.io/service-account-token"}])
	found := long_lived_token.deny with input as bad
	{f.path | some f in found} == {["type"]}
}

test_silent_as_rendered if {
	count(long_lived_token.deny) == 0 with input as object_under_test
}
