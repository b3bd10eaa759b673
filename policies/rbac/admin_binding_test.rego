package tenon.rules.rbac.admin_binding_test

import data.tenon.rules.rbac.admin_binding

object_under_test := data.rendered.RoleBinding["run-canceller-run-canceller"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "replace", "path": "/roleRef/name", "value": "cluster-admin"}])
	found := admin_binding.deny with input as bad
	{f.path | some f in found} == {["roleRef", "name"]}
}

test_silent_as_rendered if {
	count(admin_binding.deny) == 0 with input as object_under_test
}

# Further forms.

test_fires_on_everybody if {
	object := json.patch(data.rendered.RoleBinding["run-canceller-run-canceller"], [{"op": "replace", "path": "/subjects", "value": [{"kind": "Group", "name": "system:unauthenticated"}]}])
	found := admin_binding.deny with input as object
	count(found) == 1
}

test_fires_on_a_script if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/tenon/scripts", "value": [{"container": ["spec", "steps", 0], "path": ["spec", "steps", 0, "script"], "text": "", "facts": {"commands": [{"name": "kubectl", "args": ["create", "clusterrolebinding", "x", "--clusterrole=cluster-admin"], "line": 1}], "assignments": [], "ignored": [], "pipes": [], "captures": []}}]}])
	found := admin_binding.deny with input as object
	count(found) == 1
}

test_fires_on_people if {
	every subject in [{"kind": "User", "name": "jane"}, {"kind": "Group", "name": "developers"}] {
		object := json.patch(object_under_test, [
			{"op": "replace", "path": "/kind", "value": "ClusterRoleBinding"}, {"op": "replace", "path": "/roleRef/name", "value": "cluster-admin"},
			{"op": "replace", "path": "/subjects", "value": [subject]},
		])
		found := admin_binding.deny with input as object
		count(found) == 1
	}
}

test_fires_on_masters if {
	object := json.patch(object_under_test, [{"op": "replace", "path": "/subjects", "value": [{"kind": "Group", "name": "system:masters"}]}])
	found := admin_binding.deny with input as object
	count(found) == 1
}

bound_to_all(kind) := json.patch(object_under_test, [
	{"op": "replace", "path": "/roleRef/kind", "value": kind},
	{"op": "replace", "path": "/subjects", "value": [{"kind": "Group", "name": "system:authenticated"}]},
])

test_fires_on_a_cluster_role_for_everybody if {
	found := admin_binding.deny with input as bound_to_all("ClusterRole")
	count(found) == 1
}

test_silent_on_a_role_for_everybody_of_the_cluster if {
	count(admin_binding.deny) == 0 with input as bound_to_all("Role")
}

test_fires_on_an_account_by_another_name if {
	every subject in [
		{"kind": "User", "name": "system:serviceaccount:ci:builder"},
		{"kind": "Group", "name": "system:serviceaccounts:ci"},
	] {
		object := json.patch(object_under_test, [
			{"op": "replace", "path": "/roleRef/name", "value": "cluster-admin"},
			{"op": "replace", "path": "/subjects", "value": [subject]},
		])
		found := admin_binding.deny with input as object
		count(found) == 1
	}
}

test_fires_on_a_role_of_a_name_like_the_clusters_own if {
	object := json.patch(data.rendered.RoleBinding["run-canceller-run-canceller"], [
		{"op": "replace", "path": "/roleRef/name", "value": "system:ci-all"},
		{"op": "replace", "path": "/subjects", "value": [{"kind": "Group", "name": "system:unauthenticated"}]},
	])
	found := admin_binding.deny with input as object
	count(found) == 1
}

test_silent_on_a_person_of_the_name_of_a_group if {
	object := json.patch(object_under_test, [{"op": "replace", "path": "/subjects", "value": [{"kind": "User", "name": "system:masters"}]}])
	count(admin_binding.deny) == 0 with input as object
}

test_in_a_namespace if {
	bound := {"kind": "RoleBinding", "roleRef": {"name": "cluster-admin"}, "subjects": [{"kind": "User", "name": "joe"}, {"kind": "Group", "name": "system:authenticated"}]}
	found := admin_binding.deny with input as bound
	"RoleBinding lets user joe do everything in the namespace, at all times" in {f.msg | some f in found}
}
