# METADATA
# title: A role grants what requests can have
# description: |
#   A Role holds in a namespace: of resources that belong to none it grants nothing, and whoever counts on it gets Forbidden.
#   A resource under another group's name, and a verb that no request for the resource has, are accepted and grant nothing, too.
# related_resources:
#   - ref: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#role-and-clusterrole
# custom:
#   id: rbac/no-effect
#   severity: warning
#   remedy: "write a ClusterRole for what belongs to no namespace, and the group that kubectl api-resources names"
package tenon.rules.rbac.no_effect

import data.tenon.resources

deny contains {"msg": msg, "path": ["rules", i, "resources", j]} if {
	input.kind == "Role"
	some i, rule in input.rules
	some j, resource in rule.resources
	name := split(resource, "/")[0]
	count(rule.apiGroups) > 0
	every group in rule.apiGroups {
		name in object.get(resources.clusterwide, group, set())
	}
	msg := sprintf("Role %s grants nothing of %s, which belong to no namespace", [input.metadata.name, resource])
}

deny contains {"msg": msg, "path": ["rules", i, "resources", j]} if {
	input.kind in {"Role", "ClusterRole"}
	some i, rule in input.rules
	some j, resource in rule.resources
	name := split(resource, "/")[0]
	count(rule.apiGroups) > 0
	every group in rule.apiGroups {
		not name in object.get(resources.of, group, {name})
	}
	homes := [shown(group) | some group, names in resources.of; name in names]
	count(homes) > 0
	msg := sprintf("%s has no %s: they are of %s", [concat(", ", [shown(group) | some group in rule.apiGroups]), resource, concat(", ", homes)])
}

deny contains {"msg": msg, "path": ["rules", i, "resources", j]} if {
	input.kind in {"Role", "ClusterRole"}
	some i, rule in input.rules
	some j, resource in rule.resources
	some group in rule.apiGroups
	instead := resources.removed[group][split(resource, "/")[0]]
	msg := sprintf("%s has no %s any more: %s", [shown(group), resource, instead])
}

# Of a cluster role a role of a namespace may let somebody bind it there, and nothing else.
deny contains {"msg": msg, "path": ["rules", i, "resources", j]} if {
	input.kind == "Role"
	some i, rule in input.rules
	rule.apiGroups == ["rbac.authorization.k8s.io"]
	some j, resource in rule.resources
	resource == "clusterroles"
	count({verb | some verb in rule.verbs; verb in {"bind", "*"}}) == 0
	msg := sprintf("Role %s grants nothing of clusterroles, which belong to no namespace", [input.metadata.name])
}

shown("") := "the core group"

shown(group) := sprintf("group %s", [group]) if group != ""

# To bind a role is asked of the role, not of the binding
# (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#restrictions-on-role-binding-creation-or-update).
deny contains {"msg": msg, "path": ["rules", i, "verbs", j]} if {
	input.kind in {"Role", "ClusterRole"}
	some i, rule in input.rules
	some j, verb in rule.verbs
	verb in {"bind", "escalate"}
	count(rule.resources) > 0
	every resource in rule.resources {
		resource in {"rolebindings", "clusterrolebindings"}
	}
	msg := sprintf("no request has the verb %s for %s: it is asked of roles", [verb, concat(", ", rule.resources)])
}
