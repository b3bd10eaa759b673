# METADATA
# title: An Ingress names its controller
# description: |
#   Without a class the default controller takes it, if there is one: on another cluster another
#   one, or none.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/services-networking/ingress/#ingress-class
# custom:
#   id: network/ingress-without-class
#   severity: warning
#   remedy: "write spec.ingressClassName"
package tenon.rules.network.ingress_without_class

deny contains {"msg": msg, "path": ["spec"]} if {
	input.kind == "Ingress"
	not input.spec.ingressClassName
	not input.metadata.annotations["kubernetes.io/ingress.class"]
	msg := sprintf("Ingress %s names no class", [input.metadata.name])
}
