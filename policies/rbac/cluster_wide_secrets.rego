# METADATA
# title: No role reads the secrets of the whole cluster
# description: |
#   A ClusterRole with access to secrets, bound by a ClusterRoleBinding, gives its holder the
#   credentials of every namespace, those of the control plane included.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/#secrets
# custom:
#   id: rbac/cluster-wide-secrets
#   severity: error
#   remedy: "use a Role in the namespace, with resourceNames"
package tenon.rules.rbac.cluster_wide_secrets

deny contains {"msg": msg, "path": ["rules", i, "resources"]} if {
	input.kind == "ClusterRole"
	some i, rule in input.rules
	some group in rule.apiGroups
	group in {"", "*"}
	"secrets" in rule.resources
	not rule.resourceNames
	msg := sprintf("ClusterRole %s may %s every Secret of the cluster", [input.metadata.name, concat(", ", rule.verbs)])
}
