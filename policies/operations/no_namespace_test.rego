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
