# METADATA
# title: What enters the cluster is encrypted
# description: |
#   An Ingress without tls serves plain HTTP: webhook bodies, tokens and artefacts can be read
#   and changed on the way.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/services-networking/ingress/#tls
# custom:
#   id: network/ingress-without-tls
#   severity: error
#   remedy: "name a certificate in spec.tls"
package tenon.rules.network.ingress_without_tls

deny contains {"msg": msg, "path": ["spec"]} if {
	input.kind == "Ingress"
	count(object.get(input.spec, "tls", [])) == 0
	not encrypted
	msg := sprintf("Ingress %s has no tls: it serves plain HTTP", [input.metadata.name])
}

# Google's controllers read it, and take a certificate that stands elsewhere
# (https://cloud.google.com/kubernetes-engine/docs/how-to/load-balance-ingress#disabling_http); others pass over it.
encrypted if {
	input.metadata.annotations["kubernetes.io/ingress.allow-http"] == "false"
	startswith(object.get(input.metadata.annotations, "kubernetes.io/ingress.class", "gce"), "gce")
	not input.spec.ingressClassName
}
