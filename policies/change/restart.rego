# METADATA
# title: Pods that run start anew
# description: |
#   A new pod template replaces the pods of a workload.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#updating-a-deployment
# custom:
#   id: change/restart
#   severity: info
#   input: change
#   remedy: "merge when a restart does no harm"
package tenon.rules.change.restart

deny contains {"msg": msg, "item": restart} if {
	some restart in input.change.restarts
	msg := sprintf("the pods of %s/%s start anew", [restart.object.kind, restart.object.name])
}
