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

deny contains {"msg": msg, "path": ["rules", i, "resources"]} if {
	input.kind == "ClusterRole"
	not input.aggregationRule
	not aggregated
	some i, rule in input.rules
	some resource in rule.resources
	resource in {"pods", "pods/exec", "deployments", "daemonsets", "jobs", "persistentvolumeclaims", "configmaps"}
	some verb in rule.verbs
	verb in {"create", "delete", "update", "patch", "deletecollection"}
	msg := sprintf("ClusterRole %s may %s %s in every namespace", [input.metadata.name, verb, resource])
}

aggregated if {
	some key, _ in input.metadata.labels
	startswith(key, "rbac.authorization.k8s.io/aggregate-to-")
}
