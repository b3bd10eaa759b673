# METADATA
# title: Roles name what they grant
# description: |
#   A * in verbs, resources or apiGroups also grants what is added to the cluster later. Read-only
#   dashboards have become cluster administrators that way.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege
# custom:
#   id: rbac/wildcard
#   severity: error
#   remedy: "list the verbs and resources that are used"
package tenon.rules.rbac.wildcard

deny contains {"msg": msg, "path": ["rules", i, list]} if {
	input.kind in {"Role", "ClusterRole"}
	some i, rule in input.rules
	some list in ["verbs", "resources", "apiGroups"]
	"*" in rule[list]
	msg := sprintf("%s %s grants all %s", [input.kind, input.metadata.name, list])
}
