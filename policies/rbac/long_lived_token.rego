# METADATA
# title: Tokens of accounts end
# description: |
#   A Secret of the type service-account-token holds a token that never ends: who copies it
#   keeps the rights of the account.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets
# custom:
#   id: rbac/long-lived-token
#   severity: warning
#   remedy: "use kubectl create token, or a projected token, which end by themselves"
package tenon.rules.rbac.long_lived_token

deny contains {"msg": msg, "path": ["type"]} if {
	input.kind == "Secret"
	input.type == "kubernetes.io/service-account-token"
	msg := sprintf("Secret %s holds a token that never ends", [input.metadata.name])
}
