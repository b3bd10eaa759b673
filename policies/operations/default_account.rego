# METADATA
# title: Runs have an account of their own
# description: |
#   The default account is everybody's in the namespace: a right that is given to one is given
#   to all.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/service-accounts/
# custom:
#   id: operations/default-account
#   severity: info
#   remedy: "name a ServiceAccount in taskRunTemplate"
package tenon.rules.operations.default_account

deny contains {"msg": msg, "path": ["spec"]} if {
	input.kind in {"PipelineRun", "TaskRun"}
	object.get(input.spec, ["taskRunTemplate", "serviceAccountName"], object.get(input.spec, "serviceAccountName", "default")) == "default"
	msg := "runs use the default account, which every pod of the namespace has"
}
