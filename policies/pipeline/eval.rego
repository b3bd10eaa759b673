# METADATA
# title: No text is run that was put together
# description: |
#   eval runs what its variables hold: a commit message or a file name becomes a command.
# related_resources:
#   - ref: https://www.shellcheck.net/wiki/SC2294
# custom:
#   id: pipeline/eval
#   severity: warning
#   remedy: "call the program itself, with the variables in quotes"
package tenon.rules.pipeline.eval

deny contains {"msg": msg, "path": script.path, "line": command.line} if {
	some script in input.tenon.scripts
	some command in script.facts.commands
	command.name == "eval"
	some word in command.args
	contains(word, "$")
	not contains(word, "$(")
	msg := "eval runs what a variable holds"
}
