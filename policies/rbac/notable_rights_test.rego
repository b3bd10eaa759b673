package tenon.rules.rbac.notable_rights_test

import data.tenon.rules.rbac.notable_rights

object_under_test := data.rendered.ClusterRole["scientific-computing-trigger-reader"]

role(kind, rule) := json.patch(object_under_test, [{"op": "replace", "path": "/kind", "value": kind}, {"op": "replace", "path": "/rules", "value": [rule]}])

test_fires if {
	found := notable_rights.deny with input as role("Role", {"apiGroups": ["", "apps"], "resources": ["secrets", "pods", "pods/exec"], "verbs": ["get", "create"]})
	{f.msg | some f in found} == {"Role scientific-computing-trigger-reader may read secrets (secrets), run commands in pods (pods/exec), start pods with any account of the namespace (pods), write secrets (secrets)"}
}

test_silent_as_rendered if {
	count(notable_rights.deny) == 0 with input as object_under_test
}

test_fires_on_cluster_roles if {
	every rule in [
		{"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["rolebindings"], "verbs": ["create"]}, {"apiGroups": [""], "resources": ["services/status"], "verbs": ["patch"]},
		{"apiGroups": ["*"], "resources": ["networkpolicies"], "verbs": ["delete"]}, {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["*"]},
		{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["update"]}, {"apiGroups": [""], "resources": ["events"], "verbs": ["delete"]},
	] {
		count(notable_rights.deny) == 1 with input as role("ClusterRole", rule)
	}
}

test_silent_on_named_objects_and_reading if {
	every rule in [
		{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": ["a"]}, {"apiGroups": [""], "resources": ["services"], "verbs": ["list"]},
		{"apiGroups": ["example.com"], "resources": ["secrets"], "verbs": ["get"]},
	] {
		count(notable_rights.deny) == 0 with input as role("Role", rule)
	}
}

binding(role, subject) := {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "a"}, "roleRef": role, "subjects": [subject]}

test_fires_on_a_role_for_everybody if {
	found := notable_rights.deny with input as binding({"kind": "Role", "name": "b"}, {"kind": "Group", "name": "system:authenticated"})
	{f.path | some f in found} == {["subjects", 0, "name"]}
}

test_silent_on_a_role_for_one if {
	count(notable_rights.deny) == 0 with input as binding({"kind": "Role", "name": "b"}, {"kind": "Group", "name": "team"})
}
