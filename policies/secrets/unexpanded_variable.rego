# METADATA
# title: Nothing expects a ConfigMap to be expanded
# description: |
#   Kubernetes does not expand variables in a ConfigMap. What reads it finds the text of the
#   variable, and the value behind it is usually a secret.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/configuration/configmap/
# custom:
#   id: secrets/unexpanded-variable
#   severity: warning
#   remedy: "put the value into a Secret and read it by env"
package tenon.rules.secrets.unexpanded_variable

deny contains {"msg": msg, "path": ["data", key]} if {
	input.kind == "ConfigMap"
	some key, text in input.data
	found := regex.find_n(`\$\{[A-Z][A-Z0-9_]*(URL|TOKEN|PASSWORD|SECRET|KEY|SERVER|HOST|USER)\}`, text, 1)
	msg := sprintf("%s in ConfigMap %s is never expanded", [found[0], input.metadata.name])
}
