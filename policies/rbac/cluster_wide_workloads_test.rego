package tenon.rules.rbac.cluster_wide_workloads_test

import data.tenon.rules.rbac.cluster_wide_workloads

object_under_test := data.rendered.ClusterRole["scientific-computing-trigger-reader"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "replace", "path": "/rules", "value": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "delete"]}]}])
	found := cluster_wide_workloads.deny with input as bad
	{f.path | some f in found} == {["rules", 0, "resources"]}
}

test_silent_as_rendered if {
	count(cluster_wide_workloads.deny) == 0 with input as object_under_test
}

# Further forms.

test_silent_on_what_is_aggregated if {
	object := json.patch(data.rendered.ClusterRole["scientific-computing-trigger-reader"], [{"op": "replace", "path": "/rules", "value": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["delete"]}]}, {"op": "replace", "path": "/metadata/labels", "value": {"rbac.authorization.k8s.io/aggregate-to-edit": "true"}}])
	found := cluster_wide_workloads.deny with input as object
	count(found) == 0
}

test_silent_on_what_another_group_calls_pods if {
	object := json.patch(object_under_test, [{"op": "replace", "path": "/rules", "value": [{"apiGroups": ["metrics.k8s.io"], "resources": ["pods"], "verbs": ["update"]}]}])
	count(cluster_wide_workloads.deny) == 0 with input as object
}
