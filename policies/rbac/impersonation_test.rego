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

test_fires_on_extra_fields if {
	count(impersonation.deny) == 1 with input as role({"apiGroups": ["authentication.k8s.io"], "resources": ["userextras/scopes"], "verbs": ["impersonate"]})
}

test_silent_on_what_is_nobody if {
	every rule in [
		{"apiGroups": ["example.com"], "resources": ["users"], "verbs": ["impersonate"]}, {"apiGroups": [""], "resources": ["pods"], "verbs": ["impersonate"]},
	] {
		count(impersonation.deny) == 0 with input as role(rule)
	}
}
