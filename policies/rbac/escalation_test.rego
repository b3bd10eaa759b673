package tenon.rules.rbac.escalation_test

import data.tenon.rules.rbac.escalation

object_under_test := data.rendered.ClusterRole["scientific-computing-trigger-reader"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "replace", "path": "/rules/0", "value": {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles"], "verbs": ["escalate"]}}])
	found := escalation.deny with input as bad
	{f.path | some f in found} == {["rules", 0, "verbs"]}
}

test_silent_as_rendered if {
	count(escalation.deny) == 0 with input as object_under_test
}

cluster_role(rule) := {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "a"}, "rules": [rule]}

test_fires_on_detours if {
	every rule in [
		{"apiGroups": [""], "resources": ["nodes/proxy"], "verbs": ["get"]}, {"apiGroups": [""], "resources": ["serviceaccounts/token"], "verbs": ["create"]},
		{"apiGroups": [""], "resources": ["pods/*"], "verbs": ["create"]}, {"apiGroups": ["admissionregistration.k8s.io"], "resources": ["mutatingwebhookconfigurations"], "verbs": ["update"]},
		{"apiGroups": ["certificates.k8s.io"], "resources": ["certificatesigningrequests/approval"], "verbs": ["update"]}, {"apiGroups": ["*"], "resources": ["pods/exec"], "verbs": ["create"]}, {"apiGroups": [""], "resources": ["persistentvolumes"], "verbs": ["create"]},
	] {
		count(escalation.deny) == 1 with input as cluster_role(rule)
	}
}

test_silent_on_what_leads_nowhere if {
	every rule in [
		{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}, {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
		{"apiGroups": ["admissionregistration.k8s.io"], "resources": ["mutatingwebhookconfigurations"], "verbs": ["update"], "resourceNames": ["a"]},
		{"apiGroups": ["admissionregistration.k8s.io"], "resources": ["mutatingwebhookconfigurations"], "verbs": ["list"]},
	] {
		count(escalation.deny) == 0 with input as cluster_role(rule)
	}
}

test_silent_on_verbs_of_others if {
	every rule in [
		{"apiGroups": ["example.com"], "resources": ["roles"], "verbs": ["bind"]}, {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["rolebindings"], "verbs": ["bind"]},
	] {
		count(escalation.deny) == 0 with input as cluster_role(rule)
	}
}
