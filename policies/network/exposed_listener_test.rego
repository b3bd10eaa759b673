package tenon.rules.network.exposed_listener_test

import data.tenon.rules.network.exposed_listener

object_under_test := data.rendered.EventListener["scientific-computing-ci"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "add", "path": "/spec/resources/kubernetesResource/serviceType", "value": "LoadBalancer"}])
	found := exposed_listener.deny with input as bad
	{f.path | some f in found} == {["spec", "resources", "kubernetesResource", "serviceType"]}
}

test_silent_as_rendered if {
	count(exposed_listener.deny) == 0 with input as object_under_test
}

# Further forms.

test_fires_on_a_service if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/kind", "value": "Service"}, {"op": "replace", "path": "/apiVersion", "value": "v1"}, {"op": "replace", "path": "/spec", "value": {"type": "NodePort", "selector": {"app.kubernetes.io/managed-by": "EventListener"}}}])
	found := exposed_listener.deny with input as object
	count(found) == 1
}
