# METADATA
# title: A listener is reached through an Ingress with TLS
# description: |
#   A Service of type LoadBalancer or NodePort puts the listener on the network in plain HTTP,
#   beside whatever guards the Ingress.
# related_resources:
#   - ref: https://tekton.dev/docs/triggers/eventlisteners/#exposing-an-eventlistener-outside-of-the-cluster
# custom:
#   id: network/exposed-listener
#   severity: warning
#   remedy: "leave serviceType at ClusterIP and lead an Ingress with TLS to it"
package tenon.rules.network.exposed_listener

deny contains {"msg": msg, "path": ["spec", "resources", "kubernetesResource", "serviceType"]} if {
	input.kind == "EventListener"
	type := input.spec.resources.kubernetesResource.serviceType
	type in {"LoadBalancer", "NodePort"}
	msg := sprintf("EventListener %s is served in plain HTTP by a Service of type %s", [input.metadata.name, type])
}

deny contains {"msg": msg, "path": ["spec", "type"]} if {
	input.kind == "Service"
	input.apiVersion == "v1"
	input.spec.type in {"LoadBalancer", "NodePort"}
	object.get(input.spec, ["selector", "app.kubernetes.io/managed-by"], "") == "EventListener"
	msg := sprintf("Service %s serves a listener in plain HTTP as %s", [input.metadata.name, input.spec.type])
}
