package tenon.rules.network.ingress_without_auth_test

import data.tenon.rules.network.ingress_without_auth

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "replace", "path": "/kind", "value": "Ingress"}, {"op": "replace", "path": "/apiVersion", "value": "networking.k8s.io/v1"}, {"op": "replace", "path": "/spec", "value": {"ingressClassName": "nginx", "rules": [{"http": {"paths": [{"backend": {"service": {"name": "web"}}}]}}]}}])
	found := ingress_without_auth.deny with input as bad
	{f.path | some f in found} == {["metadata"]}
}

test_silent_as_rendered if {
	count(ingress_without_auth.deny) == 0 with input as object_under_test
}

# Further forms.

test_silent_with_a_login if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/kind", "value": "Ingress"}, {"op": "replace", "path": "/spec", "value": {"rules": [{"http": {"paths": [{"backend": {"service": {"name": "web"}}}]}}]}}, {"op": "add", "path": "/metadata/annotations", "value": {"nginx.ingress.kubernetes.io/auth-url": "x"}}])
	found := ingress_without_auth.deny with input as object
	count(found) == 0
}
