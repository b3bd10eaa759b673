# METADATA
# title: Who enters the cluster is known
# description: |
#   An Ingress that asks nobody who they are shows what is behind it to everyone who can reach
#   it. A read-only dashboard still shows logs and parameters.
# related_resources:
#   - ref: https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#authentication
# custom:
#   id: network/ingress-without-auth
#   severity: warning
#   remedy: "add the annotations of your controller for a login (auth-url, auth-secret), or put an authenticating proxy in front"
package tenon.rules.network.ingress_without_auth

deny contains {"msg": msg, "path": ["metadata"]} if {
	input.kind == "Ingress"
	not authenticated
	some rule in input.spec.rules
	some path in rule.http.paths
	name := path.backend.service.name
	not startswith(name, "el-") # a listener checks signatures
	not regex.match(`oauth|auth|sso|proxy|login|keycloak|dex`, name)
	msg := sprintf("Ingress %s leads to %s without a login", [input.metadata.name, name])
}

authenticated if {
	some key, _ in input.metadata.annotations
	regex.match(`auth|oidc|middlewares|whitelist-source-range|allowlist-source-range`, key)
}
