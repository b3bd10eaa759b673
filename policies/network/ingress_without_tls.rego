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
	object.get(input.metadata, ["annotations", "kubernetes.io/ingress.allow-http"], "true") != "false"
	msg := sprintf("Ingress %s has no tls: it serves plain HTTP", [input.metadata.name])
}
