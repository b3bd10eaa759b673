# METADATA
# title: A failing notebook or test fails its step
# description: |
#   A tool whose outcome is what the step is for stands before || true or || echo: whatever it
#   says, the step succeeds and the pipeline is green.
# related_resources:
#   - ref: https://tekton.dev/docs/pipelines/pipelines/#adding-finally-to-the-pipeline
# custom:
#   id: pipeline/ignored-failure
#   severity: error
#   remedy: "let it fail; write a report in a finally task, or keep the code and exit with it"
package tenon.rules.pipeline.ignored_failure

import data.tenon.lib

# tools whose outcome is what a step is for.
tools := {"papermill", "pytest", "jupyter", "nbconvert", "nbval", "tox", "nox", "unittest", "ctest"}

deny contains {"msg": msg, "path": script.path, "line": ignored.line} if {
	some script in input.tenon.scripts
	some ignored in script.facts.ignored
	ignored.command in tools
	msg := sprintf("the failure of %s is hidden by %s", [ignored.command, ignored.by])
}

deny contains {"msg": msg, "path": script.path, "line": command.line} if {
	some script in input.tenon.scripts
	some command in script.facts.commands
	"--allow-errors" in command.args
	msg := sprintf("%s --allow-errors ends well whatever the cells do", [command.name])
}

deny contains {"msg": msg, "path": script.path, "line": command.line} if {
	some script in input.tenon.scripts
	some command in script.facts.commands
	command.name == "trap"
	some word in command.args
	regex.match(`^['"]?exit 0['"]?$`, word)
	msg := "the trap ends the script well, whatever failed"
}

deny contains {"msg": msg, "path": array.concat(c.path, ["onError"])} if {
	some c in lib.containers
	c.container.onError == "continue"
	some script in input.tenon.scripts
	script.container == c.path
	some command in script.facts.commands
	command.name in tools
	not is_read(c)
	msg := sprintf("onError: continue hides the failure of %s", [command.name])
}

# Another step reads the exit code of the step (https://tekton.dev/docs/pipelines/tasks/#accessing-steps-exitcode-in-subsequent-steps).
is_read(c) if {
	some other in lib.containers
	other.path != c.path
	walk(other.container, [_, text])
	is_string(text)
	contains(text, sprintf("steps.step-%s.exitCode", [c.container.name]))
}

is_read(c) if {
	some other in lib.containers
	other.path != c.path
	walk(other.container, [_, text])
	is_string(text)
	contains(text, sprintf("/tekton/steps/step-%s/exitCode", [c.container.name]))
}

# Python starts the tool, and does not look at its outcome.
deny contains {"msg": msg, "path": script.path, "text": found} if {
	some script in input.tenon.scripts
	some found in regex.find_n(`(subprocess\.(run|call|Popen)|os\.system)\([^)]*(papermill|pytest|nbconvert)[^)]*\)`, script.text, -1)
	not contains(found, "check=True")
	not regex.match(`returncode|check_returncode|sys\.exit\((subprocess|os)`, script.text)
	msg := "the outcome of the tool that Python starts is not looked at"
}
