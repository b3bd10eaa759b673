# METADATA
# title: A role gives no more than its holder needs
# description: |
#   Rights that are often given without need, and that lead further: reading secrets, starting pods with any account of the
#   namespace, commands in pods, bindings, what Services and policies lead to. One line for each role.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   id: rbac/notable-rights
#   severity: info
#   remedy: "name objects with resourceNames, or leave out what is not used; nothing, if all of it is"
package tenon.rules.rbac.notable_rights

write := {"create", "update", "patch", "delete", "deletecollection", "*"}

# Of a ClusterRole other rules say at the first three that they hold in the whole cluster.
rights := [
	{"kinds": {"Role"}, "groups": {""}, "resources": {"secrets"}, "verbs": {"get", "list", "watch", "*"}, "then": "read secrets"},
	{"kinds": {"Role"}, "groups": {""}, "resources": {"secrets"}, "verbs": {"create", "update", "patch", "delete", "deletecollection"}, "then": "write secrets"},
	{"kinds": {"Role"}, "groups": {"", "apps", "batch"}, "resources": {"pods", "deployments", "statefulsets", "daemonsets", "replicasets", "jobs", "cronjobs"}, "verbs": {"create", "update", "patch", "*"}, "then": "start pods with any account of the namespace"},
	{"kinds": {"Role"}, "groups": {""}, "resources": {"pods/exec", "pods/attach"}, "verbs": {"create", "get", "*"}, "then": "run commands in pods"},
	{"kinds": {"Role", "ClusterRole"}, "groups": {"rbac.authorization.k8s.io"}, "resources": {"rolebindings", "roles"}, "verbs": {"create", "update", "patch", "*"}, "then": "give rights that it has to others"},
	{"kinds": {"ClusterRole"}, "groups": {"rbac.authorization.k8s.io"}, "resources": {"clusterrolebindings", "clusterroles"}, "verbs": {"create", "update", "patch", "*"}, "then": "give rights that it has to others"},
	{"kinds": {"Role", "ClusterRole"}, "groups": {"", "discovery.k8s.io", "networking.k8s.io"}, "resources": {"endpoints", "endpointslices", "services", "networkpolicies", "ingresses"}, "verbs": write, "then": "lead traffic elsewhere"},
	{"kinds": {"Role", "ClusterRole"}, "groups": {""}, "resources": {"pods/proxy", "services/proxy", "pods/portforward"}, "verbs": {"get", "create", "*"}, "then": "reach ports of pods around network policies"},
	{"kinds": {"Role", "ClusterRole"}, "groups": {""}, "resources": {"services/status"}, "verbs": {"update", "patch", "*"}, "then": "take over addresses (CVE-2020-8554)"},
	{"kinds": {"Role", "ClusterRole"}, "groups": {""}, "resources": {"pods/log"}, "verbs": {"delete", "deletecollection", "*"}, "then": "delete logs"},
	{"kinds": {"Role", "ClusterRole"}, "groups": {""}, "resources": {"configmaps"}, "verbs": {"update", "patch", "delete", "deletecollection", "*"}, "then": "change the configuration of programs"},
	{"kinds": {"Role", "ClusterRole"}, "groups": {"", "events.k8s.io"}, "resources": {"events"}, "verbs": {"delete", "deletecollection", "*"}, "then": "delete events"},
]

deny contains {"msg": msg, "path": ["rules"]} if {
	input.kind in {"Role", "ClusterRole"}
	found := {sprintf("%s (%s)", [right.then, resource]) |
		some right in rights
		input.kind in right.kinds
		some rule in input.rules
		not rule.resourceNames
		some group in rule.apiGroups
		group in (right.groups | {"*"})
		some resource in rule.resources
		resource in right.resources
		some verb in rule.verbs
		verb in right.verbs
	}
	count(found) > 0
	msg := sprintf("%s %s may %s", [input.kind, input.metadata.name, concat(", ", found)])
}

deny contains {"msg": msg, "path": ["subjects", i, "name"]} if {
	input.kind == "RoleBinding"
	input.roleRef.kind == "Role"
	some i, subject in input.subjects
	subject.name in {"system:authenticated", "system:serviceaccounts"}
	msg := sprintf("everybody in %s, which is every user or account of the cluster, has Role %s", [subject.name, input.roleRef.name])
}
