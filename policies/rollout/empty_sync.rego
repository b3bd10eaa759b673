# METADATA
# title: An empty render does not delete everything
# description: |
#   With allowEmpty a render that went wrong and gave nothing is synced: Argo CD deletes all
#   objects of the application, claims with their data included.
# related_resources:
#   - ref: https://argo-cd.readthedocs.io/en/stable/user-guide/auto_sync/#automatic-pruning-with-allow-empty-v18
# custom:
#   id: rollout/empty-sync
#   severity: error
#   remedy: "leave allowEmpty out"
package tenon.rules.rollout.empty_sync

deny contains {"msg": msg, "path": array.concat(["spec"], below)} if {
	input.kind in {"Application", "ApplicationSet"}
	walk(input.spec, [below, value])
	count(below) > 0
	below[count(below) - 1] == "allowEmpty"
	value == true
	msg := sprintf("%s %s may be synced to nothing", [input.kind, input.metadata.name])
}
