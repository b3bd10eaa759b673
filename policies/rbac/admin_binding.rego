# METADATA
# title: No account is bound to cluster-admin
# description: |
#   Whoever can start a pod with the account owns the cluster: every Secret, every namespace,
#   Tekton itself.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   id: rbac/admin-binding
#   severity: error
#   remedy: "bind a Role that lists what is used"
package tenon.rules.rbac.admin_binding

deny contains {"msg": msg, "path": ["roleRef", "name"]} if {
	input.kind in {"RoleBinding", "ClusterRoleBinding"}
	input.roleRef.name == "cluster-admin"
	some subject in input.subjects
	account(subject)
	msg := sprintf("%s makes account %s an administrator of the cluster", [input.kind, subject.name])
}

deny contains {"msg": msg, "path": ["subjects", i, "name"]} if {
	input.kind == "ClusterRoleBinding"
	input.roleRef.name == "cluster-admin"
	some i, subject in input.subjects
	subject.kind in {"User", "Group"}
	not account(subject)
	not everybody(subject.name)
	msg := sprintf("%s makes %s %s an administrator of the cluster, at all times", [input.kind, lower(subject.kind), subject.name])
}

deny contains {"msg": msg, "path": ["subjects", i, "name"]} if {
	input.kind == "RoleBinding"
	input.roleRef.name == "cluster-admin"
	some i, subject in input.subjects
	subject.kind in {"User", "Group"}
	not account(subject)
	not everybody(subject.name)
	msg := sprintf("RoleBinding lets %s %s do everything in the namespace, at all times", [lower(subject.kind), subject.name])
}

# The group system:masters is above all roles: no binding takes away from it, and none is needed.
deny contains {"msg": msg, "path": ["subjects", i, "name"]} if {
	input.kind in {"RoleBinding", "ClusterRoleBinding"}
	input.roleRef.name != "cluster-admin"
	some i, subject in input.subjects
	subject.kind == "Group"
	subject.name == "system:masters"
	msg := sprintf("%s names system:masters, whose members no authorizer is asked about", [input.kind])
}

deny contains {"msg": msg, "path": ["subjects", i, "name"]} if {
	input.kind in {"RoleBinding", "ClusterRoleBinding"}
	some i, subject in input.subjects
	everybody(subject.name)
	not input.roleRef.name in open_to_all
	msg := sprintf("%s gives rights to everybody in %s", [input.kind, subject.name])
}

# Accounts are users of that name, too, and those of a namespace are a group.
account(subject) if subject.kind == "ServiceAccount"

account(subject) if startswith(subject.name, "system:serviceaccount:")

account(subject) if startswith(subject.name, "system:serviceaccounts")

# The roles that every cluster binds to these groups by itself
# (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings).
open_to_all := {"system:basic-user", "system:discovery", "system:public-info-viewer", "system:service-account-issuer-discovery"}

everybody(name) if name in {"system:anonymous", "system:unauthenticated"}

# A Role lists what everybody of the cluster may do in one namespace, such as to read a version.
everybody(name) if {
	name in {"system:authenticated", "system:serviceaccounts"}
	input.roleRef.kind != "Role"
}

deny contains {"msg": msg, "path": script.path, "line": command.line} if {
	some script in input.tenon.scripts
	some command in script.facts.commands
	command.name == "kubectl"
	"create" in command.args
	some word in command.args
	word in {"--clusterrole=cluster-admin", "cluster-admin"}
	msg := "the script makes somebody an administrator of the cluster"
}
