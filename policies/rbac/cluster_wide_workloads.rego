# METADATA
# title: Rights on pods and claims end at the namespace
# description: |
#   A ClusterRole that creates or deletes pods, volumes or claims reaches every namespace: it
#   can start a pod with any account of the cluster, and delete the data of others.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/#workload-creation
# custom:
#   id: rbac/cluster-wide-workloads
#   severity: error
#   remedy: "write a Role in the namespace; task pods need no rights at all"
package tenon.rules.rbac.cluster_wide_workloads

# The API group of each.
groups := {"pods": "", "pods/exec": "", "persistentvolumeclaims": "", "deployments": "apps", "daemonsets": "apps", "jobs": "batch"}

deny contains {"msg": msg, "path": ["rules", i, "resources"]} if {
	input.kind == "ClusterRole"
	not input.aggregationRule
	not aggregated
	some i, rule in input.rules
	resources := {r |
		some r in rule.resources
		some group in rule.apiGroups
		group in {object.get(groups, r, ""), "*"}
		r in object.keys(groups)
	}
	count(resources) > 0
	verbs := {v | some v in rule.verbs} & {"create", "delete", "update", "patch", "deletecollection"}
	count(verbs) > 0
	msg := sprintf("ClusterRole %s may %s %s in every namespace", [input.metadata.name, concat(", ", verbs), concat(", ", resources)])
}

aggregated if {
	some key, _ in input.metadata.labels
	startswith(key, "rbac.authorization.k8s.io/aggregate-to-")
}
