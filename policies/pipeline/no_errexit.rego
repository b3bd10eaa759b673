# METADATA
# title: A script ends at the first command that fails
# description: |
#   Tekton starts a script without a first line of its own with set -e. A script with one goes
#   on after a failure, and only its last command decides.
# related_resources:
#   - ref: https://tekton.dev/docs/pipelines/tasks/#running-scripts-within-steps
# custom:
#   id: pipeline/no-errexit
#   severity: info
#   remedy: "write set -e below the first line"
package tenon.rules.pipeline.no_errexit

deny contains {"msg": msg, "path": script.path} if {
	some script in input.tenon.scripts
	script.facts.shell != ""
	not script.facts.errexit
	count(script.facts.commands) > 2
	msg := "scripts with a first line of their own go on after a command that fails"
}
