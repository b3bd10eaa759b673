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

deny contains {"msg": msg, "path": ["rules", i, lists[0]]} if {
	input.kind in {"Role", "ClusterRole"}
	some i, rule in input.rules
	lists := [list | some list in ["verbs", "resources", "apiGroups"]; "*" in rule[list]]
	count(lists) > 0
	msg := sprintf("%s %s grants all %s%s", [input.kind, input.metadata.name, concat(" and ", lists), scope(rule, lists)])
}

# scope tells what of, where one list says all.
scope(rule, lists) := sprintf(" on %s", [concat(", ", rule.resources)]) if {
	lists == ["verbs"]
	is_array(rule.resources)
} else := sprintf(" of %s", [concat(", ", [group(name) | some name in rule.apiGroups])]) if {
	not "apiGroups" in lists
	is_array(rule.apiGroups)
} else := ""

group("") := "the core group"

group(name) := name if name != ""
