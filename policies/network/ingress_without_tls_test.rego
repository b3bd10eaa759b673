package tenon.rules.network.ingress_without_tls_test

import data.tenon.rules.network.ingress_without_tls

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "replace", "path": "/kind", "value": "Ingress"}, {"op": "replace", "path": "/apiVersion", "value": "networking.k8s.io/v1"}, {"op": "replace", "path": "/spec", "value": {"ingressClassName": "nginx", "rules": [{"http": {"paths": [{"backend": {"service": {"name": "web"}}}]}}]}}])
	found := ingress_without_tls.deny with input as bad
	{f.path | some f in found} == {["spec"]}
}

test_silent_where_http_is_refused if {
	object := json.patch(object_under_test, [{"op": "replace", "path": "/kind", "value": "Ingress"}, {"op": "add", "path": "/metadata/annotations", "value": {"kubernetes.io/ingress.allow-http": "false"}}])
	count(ingress_without_tls.deny) == 0 with input as object
}

test_silent_as_rendered if {
	count(ingress_without_tls.deny) == 0 with input as object_under_test
}

test_fires_where_a_controller_does_not_read_that_http_is_refused if {
	every patch in [
		{"op": "add", "path": "/spec", "value": {"ingressClassName": "nginx"}}, {"op": "add", "path": "/metadata/annotations/kubernetes.io~1ingress.class", "value": "nginx"},
	] {
		object := json.patch(object_under_test, [{"op": "replace", "path": "/kind", "value": "Ingress"}, {"op": "add", "path": "/metadata/annotations", "value": {"kubernetes.io/ingress.allow-http": "false"}}, patch])
		count(ingress_without_tls.deny) == 1 with input as object
	}
}
