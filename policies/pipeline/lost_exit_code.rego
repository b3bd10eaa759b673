# METADATA
# title: A failing tool fails its step
# description: |
#   Of a pipe only the last command decides, unless pipefail is set. A notebook or test run that is
#   piped into tee fails without anyone noticing, and the pipeline is green.
# related_resources:
#   - ref: https://www.gnu.org/software/bash/manual/html_node/Pipelines.html
# custom:
#   id: pipeline/lost-exit-code
#   severity: error
#   remedy: "start the script with set -o pipefail (bash), or write to a file instead of a pipe"
package tenon.rules.pipeline.lost_exit_code

# tools whose outcome is what a step is for.
tools := {"papermill", "pytest", "python", "python3", "jupyter", "nbconvert", "make", "go", "npm", "mvn", "gradle", "tox", "poetry", "conda"}

deny contains {"msg": msg, "path": script.path, "line": pipe.line} if {
	some script in input.tenon.scripts
	some pipe in script.facts.pipes
	not pipe.pipefail
	not contains(script.text, "PIPESTATUS")
	some i, called in pipe.commands
	i < count(pipe.commands) - 1
	words := split(called, "/")
	command := words[count(words) - 1]
	command in tools
	msg := sprintf("line %d of the script pipes %s into %s without pipefail: its failure is lost", [pipe.line, command, pipe.commands[i + 1]])
}
