package tenon.rules.rbac.cluster_wide_secrets_test

import data.tenon.rules.rbac.cluster_wide_secrets

role := data.rendered.ClusterRole["scientific-computing-trigger-reader"]

with_rule(rule) := json.patch(role, [{"op": "add", "path": "/rules/-", "value": rule}])

test_fires_on_all_secrets if {
	bad := with_rule({"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list"]})
	found := cluster_wide_secrets.deny with input as bad
	{f.path | some f in found} == {["rules", count(role.rules), "resources"]}
}

test_fires_on_secrets_of_all_groups if {
	found := cluster_wide_secrets.deny with input as with_rule({"apiGroups": ["*"], "resources": ["secrets"], "verbs": ["get"]})
	count(found) == 1
}

test_silent_as_rendered if {
	count(cluster_wide_secrets.deny) == 0 with input as role
}

test_silent_on_one_named_secret if {
	good := with_rule({"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["token"], "verbs": ["get"]})
	count(cluster_wide_secrets.deny) == 0 with input as good
}
