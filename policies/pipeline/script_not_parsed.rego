# METADATA
# title: Scripts are valid shell
# description: |
#   A script that the shell cannot parse fails when its step starts, and no rule can say anything
#   about what it does.
# related_resources:
#   - ref: https://tekton.dev/docs/pipelines/tasks/#running-scripts-within-steps
# custom:
#   id: pipeline/script-not-parsed
#   severity: error
#   remedy: "mend the syntax; shellcheck says more"
package tenon.rules.pipeline.script_not_parsed

deny contains {"msg": msg, "path": script.path} if {
	some script in input.tenon.scripts
	reason := script.facts.parseError
	msg := sprintf("the script does not parse: %s", [reason])
}
