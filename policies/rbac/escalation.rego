# METADATA
# title: No role can give itself more
# description: |
#   escalate and bind let an account write roles with rights that it does not have; impersonate
#   lets it act as anybody.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/#escalate-verb
# custom:
#   id: rbac/escalation
#   severity: error
#   remedy: "leave the verb or the resource out, name objects with resourceNames, or give it by a Role where it is needed"
package tenon.rules.rbac.escalation

deny contains {"msg": msg, "path": ["rules", i, "verbs"]} if {
	input.kind in {"Role", "ClusterRole"}
	some i, rule in input.rules
	some verb in rule.verbs
	verb in {"escalate", "bind"}
	not rule.resourceNames
	some group in rule.apiGroups
	group in {"rbac.authorization.k8s.io", "*"}
	some resource in rule.resources
	resource in {"roles", "clusterroles", "*"}
	msg := sprintf("%s %s may %s", [input.kind, input.metadata.name, verb])
}

# Rights that lead to those of others: by the kubelet, tokens, commands in pods, webhooks, certificates and volumes.
detours := [
	{"group": "", "resources": {"nodes/proxy"}, "verbs": {"get", "create", "*"}, "then": "run commands in every pod of a node, by its kubelet"},
	{"group": "", "resources": {"serviceaccounts/token", "serviceaccounts/*"}, "verbs": {"create", "*"}, "then": "make a token of any account"},
	{"group": "", "resources": {"pods/exec", "pods/attach", "pods/*", "*/exec"}, "verbs": {"create", "get", "*"}, "then": "run commands in any pod"},
	{"group": "", "resources": {"pods/ephemeralcontainers"}, "verbs": {"update", "patch", "*"}, "then": "put a container of their own into any pod"},
	{"group": "", "resources": {"persistentvolumes"}, "verbs": {"create", "*"}, "then": "mount any folder of a node, by a volume of that"},
	{"group": "admissionregistration.k8s.io", "resources": {"mutatingwebhookconfigurations", "validatingwebhookconfigurations", "mutatingadmissionpolicies", "mutatingadmissionpolicybindings"}, "verbs": {"create", "update", "patch", "*"}, "then": "see and change whatever is applied"},
	{"group": "certificates.k8s.io", "resources": {"certificatesigningrequests/approval"}, "verbs": {"update", "patch", "*"}, "then": "approve a certificate of any user"},
]

deny contains {"msg": msg, "path": ["rules", i, "resources"]} if {
	input.kind == "ClusterRole"
	some i, rule in input.rules
	not rule.resourceNames
	some detour in detours
	some group in rule.apiGroups
	group in {detour.group, "*"}
	some resource in rule.resources
	resource in detour.resources
	some verb in rule.verbs
	verb in detour.verbs
	msg := sprintf("ClusterRole %s may %s (%s)", [input.metadata.name, detour.then, resource])
}
