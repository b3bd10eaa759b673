package tenon.rules.rbac.no_effect_test

import data.tenon.rules.rbac.no_effect

role(kind, group, resource, verb) := {
	"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": "r"},
	"rules": [{"apiGroups": [group], "resources": [resource], "verbs": [verb]}],
}

said(object) := messages if messages := {f.msg | some f in no_effect.deny} with input as object

test_fires_for_what_belongs_to_no_namespace if {
	said(role("Role", "", "nodes/proxy", "get")) == {"Role r grants nothing of nodes/proxy, which belong to no namespace"}
	said(role("Role", "rbac.authorization.k8s.io", "clusterrolebindings", "create")) == {"Role r grants nothing of clusterrolebindings, which belong to no namespace"}
}

test_fires_for_another_group if {
	said(role("ClusterRole", "", "deployments", "get")) == {"the core group has no deployments: they are of group apps"}
	said(role("ClusterRole", "apps", "pods", "get")) == {"group apps has no pods: they are of the core group"}
}

test_fires_for_verbs if {
	said(role("ClusterRole", "rbac.authorization.k8s.io", "rolebindings", "bind")) == {"no request has the verb bind for rolebindings: it is asked of roles"}
}

test_silent if {
	every object in [
		role("ClusterRole", "", "nodes", "get"), role("Role", "", "namespaces", "get"), role("Role", "rbac.authorization.k8s.io", "clusterroles", "bind"),
		role("Role", "tekton.dev", "tasks", "get"), role("ClusterRole", "*", "deployments", "get"),
		role("ClusterRole", "apps", "*", "get"), role("Role", "metrics.k8s.io", "pods", "get"), role("ClusterRole", "rbac.authorization.k8s.io", "roles", "bind"),
	] {
		count(said(object)) == 0
	}
}

test_silent_where_one_group_has_it if {
	object := json.patch(role("ClusterRole", "", "deployments", "get"), [{"op": "add", "path": "/rules/0/apiGroups/-", "value": "apps"}])
	count(said(object)) == 0
}

removed_of(group, name, verb) := found if found := {f.msg | some f in no_effect.deny} with input as {"kind": "Role", "metadata": {"name": "r"}, "rules": [{"apiGroups": [group], "resources": [name], "verbs": [verb]}]}

test_what_was_removed if {
	removed_of("tekton.dev", "clustertasks", "get") == {"group tekton.dev has no clustertasks any more: the cluster resolver finds tasks of other namespaces"}
	removed_of("extensions", "deployments", "get") == {"group extensions has no deployments: they are of group apps"}
	removed_of("rbac.authorization.k8s.io", "clusterroles", "get") == {"Role r grants nothing of clusterroles, which belong to no namespace"}
	removed_of("rbac.authorization.k8s.io", "clusterroles", "bind") == set()
}
