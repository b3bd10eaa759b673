package tenon.rules.rbac.impersonation_test

import data.tenon.rules.rbac.impersonation

role(rule) := {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "a"}, "rules": [rule]}

test_fires if {
	found := impersonation.deny with input as role({"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["impersonate"]})
	{f.msg | some f in found} == {"ClusterRole a may impersonate"}
}

test_silent_on_names if {
	count(impersonation.deny) == 0 with input as role({"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["impersonate"], "resourceNames": ["b"]})
}
