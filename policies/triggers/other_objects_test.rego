package tenon.rules.triggers.other_objects_test

import data.tenon.rules.triggers.other_objects

template(object) := json.patch(data.rendered.TriggerTemplate["scientific-computing-ci"], [{"op": "replace", "path": "/spec/resourcetemplates", "value": [object]}])

test_fires if {
	every object in [
		{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding"},
		{"apiVersion": "v1", "kind": "List", "items": []},
		{"kind": "TaskRun", "apiVersion": "example.com/v1"},
	] {
		found := other_objects.deny with input as template(object)
		count(found) == 1
	}
}

test_silent_as_rendered if {
	count(other_objects.deny) == 0 with input as data.rendered.TriggerTemplate["scientific-computing-ci"]
}

test_fires_within_a_trigger if {
	inner := {"spec": {"resourcetemplates": [{"apiVersion": "v1", "kind": "Pod"}]}}
	every object in [
		{"kind": "Trigger", "spec": {"template": inner}},
		{"kind": "EventListener", "spec": {"triggers": [{"template": inner}]}},
	] {
		found := other_objects.deny with input as object
		count(found) == 1
	}
}
