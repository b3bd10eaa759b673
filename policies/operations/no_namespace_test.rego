package tenon.rules.operations.no_namespace_test

import data.tenon.rules.operations.no_namespace

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "remove", "path": "/metadata/namespace"}])
	found := no_namespace.deny with input as bad
	{f.path | some f in found} == {["metadata"]}
}

test_silent_as_rendered if {
	count(no_namespace.deny) == 0 with input as object_under_test
}

# Further forms.

test_silent_on_cluster_scoped if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/kind", "value": "ClusterRole"}, {"op": "remove", "path": "/metadata/namespace"}])
	found := no_namespace.deny with input as object
	count(found) == 0
}

test_fires_on_what_is_not_ones_own if {
	every case in [["default", "Task"], ["kube-system", "Deployment"]] {
		object := json.patch(object_under_test, [{"op": "replace", "path": "/metadata/namespace", "value": case[0]}, {"op": "replace", "path": "/kind", "value": case[1]}])
		found := no_namespace.deny with input as object
		{f.path | some f in found} == {["metadata", "namespace"]}
	}
}

test_silent_on_agents_of_the_cluster if {
	object := json.patch(object_under_test, [{"op": "replace", "path": "/metadata/namespace", "value": "kube-system"}, {"op": "replace", "path": "/kind", "value": "DaemonSet"}])
	count(no_namespace.deny) == 0 with input as object
}

test_silent_where_the_scope_is_not_known if {
	count(no_namespace.deny) == 0 with input as {"apiVersion": "operator.tekton.dev/v1alpha1", "kind": "TektonConfig", "metadata": {"name": "config"}}
}
