# METADATA
# title: A role names what there is
# description: |
#   A verb, resource or group that nobody has is accepted and grants nothing: resources are
#   plural and small, the groups of Tekton end in tekton.dev.
# related_resources:
#   - ref: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources
# custom:
#   id: rbac/misspelt
#   severity: error
#   remedy: "see kubectl api-resources for the names"
package tenon.rules.rbac.misspelt

import data.tenon.resources

verbs := {"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "impersonate", "bind", "escalate", "use", "approve", "sign", "attest", "associate", "*"}

singular := {"pod", "secret", "configmap", "service", "serviceaccount", "persistentvolumeclaim", "deployment", "job", "cronjob", "pipeline", "pipelinerun", "task", "taskrun", "eventlistener", "trigger", "triggerbinding", "triggertemplate", "namespace", "node", "role", "rolebinding", "ingress", "event", "log"}

groups := {"", "*", "apps", "batch", "autoscaling", "policy", "extensions", "events"}

deny contains {"msg": msg, "path": ["rules", i, "verbs", j]} if {
	input.kind in {"Role", "ClusterRole"}
	some i, rule in input.rules
	count(object.get(rule, "nonResourceURLs", [])) == 0
	some j, verb in rule.verbs
	not verb in verbs
	msg := sprintf("there is no verb %s", [verb])
}

deny contains {"msg": msg, "path": ["rules", i, "resources", j]} if {
	input.kind in {"Role", "ClusterRole"}
	some i, rule in input.rules
	some j, resource in rule.resources
	some name in [split(resource, "/")[0]]
	misnamed(name)
	msg := sprintf("there is no resource %s: resources are plural and small", [resource])
}

misnamed(name) if name in singular

misnamed(name) if name != lower(name)

deny contains {"msg": msg, "path": ["rules", i, "resources", j]} if {
	input.kind in {"Role", "ClusterRole"}
	some i, rule in input.rules
	some j, resource in rule.resources
	some name in [split(resource, "/")[0]]
	not misnamed(name)
	name != "*"
	count(rule.apiGroups) > 0
	every group in rule.apiGroups {
		unknown(group, name)
	}
	msg := sprintf("there is no resource %s in %s", [resource, concat(", ", rule.apiGroups)])
}

# unknown tells whether a group of which all is known lacks a resource that no other group has either, nor had it.
unknown(group, name) if {
	not name in resources.own[group]
	count([other | some other, names in resources.of; name in names]) == 0
	not object.get(resources.removed, [group, name], false)
}

deny contains {"msg": msg, "path": ["rules", i, "apiGroups", j]} if {
	input.kind in {"Role", "ClusterRole"}
	some i, rule in input.rules
	some j, group in rule.apiGroups
	not group in groups
	not contains(group, ".")
	msg := sprintf("there is no API group %s", [group])
}

deny contains {"msg": msg, "path": ["rules", i, "apiGroups", j]} if {
	input.kind in {"Role", "ClusterRole"}
	some i, rule in input.rules
	some j, group in rule.apiGroups
	contains(group, "/")
	msg := sprintf("%s is a group with its version: a role names the group alone", [group])
}
