# METADATA
# title: What CI runs stays
# description: |
#   Workflows, runs of Pipelines-as-Code, and the scripts that they name run with the tokens and secrets of the repository. Nothing of them
#   shows in the objects.
# related_resources:
#   - ref: https://docs.github.com/en/actions/security-for-github-actions/security-guides/security-hardening-for-github-actions
#   - ref: https://pipelinesascode.com/docs/guide/running/
# custom:
#   id: change/ci-changed
#   severity: warning
#   input: change
#   remedy: "see what it runs, with which secrets, and who may start it"
package tenon.rules.change.ci_changed

deny contains {"msg": msg, "item": file} if {
	some file in input.change.automation
	not file.gate
	not file.owners
	file.op != "others"
	msg := sprintf("%s is %s: CI runs it, or goes by it", [file.object.name, file.op])
}

deny contains {"msg": msg, "item": file} if {
	some file in input.change.automation
	file.owners
	msg := sprintf("%s is %s: it says who must agree to later changes", [file.object.name, file.op])
}
