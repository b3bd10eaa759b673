# METADATA
# title: An exit code that is kept is used
# description: |
#   Under set -e the script has ended before the line that keeps the exit code, unless the
#   failure was expected there; or the variable is never read. Either way nobody looks at the
#   code.
# related_resources:
#   - ref: https://www.gnu.org/software/bash/manual/html_node/The-Set-Builtin.html
# custom:
#   id: pipeline/unread-exit-code
#   severity: warning
#   remedy: "write tool || code=$?, and end with exit $code"
package tenon.rules.pipeline.unread_exit_code

deny contains {"msg": msg, "path": script.path, "line": capture.line} if {
	some script in input.tenon.scripts
	some capture in script.facts.captures
	not capture.reached
	msg := sprintf("%s=$? is never reached after a failure: set -e has ended the script", [capture.name])
}

deny contains {"msg": msg, "path": script.path, "line": capture.line} if {
	some script in input.tenon.scripts
	some capture in script.facts.captures
	capture.reached
	not capture.used
	msg := sprintf("the exit code in %s is never used", [capture.name])
}
