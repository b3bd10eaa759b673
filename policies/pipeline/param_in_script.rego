# METADATA
# title: No parameter stands in a script's text
# description: |
#   Tekton puts the value of a variable into the script as it is. A commit message, branch name or
#   URL from a webhook then runs as shell.
# related_resources:
#   - ref: https://tekton.dev/docs/pipelines/tasks/#using-variable-substitution
#   - ref: https://tekton.dev/docs/pipelines/variables/
# custom:
#   id: pipeline/param-in-script
#   severity: warning
#   remedy: "pass the value by env and quote it in the script"
package tenon.rules.pipeline.param_in_script

deny contains {"msg": msg, "path": script.path, "text": found} if {
	some script in input.tenon.scripts
	some found in regex.find_n(`\$\((params|tasks|inputs\.params|tt\.params)[.\[][^)]*\)`, script.text, -1)
	not only_in_comments(script.text, found)
	msg := "a variable is put into the script as text, unescaped"
}

# A value with a line break ends the comment that it is put into: who may write one is told where it comes from outside.
only_in_comments(text, found) if {
	every line in split(text, "\n") {
		not stands_in(line, found)
	}
}

stands_in(line, found) if {
	contains(line, found)
	not regex.match(`^[ \t]*#([^!]|$)`, line)
}
