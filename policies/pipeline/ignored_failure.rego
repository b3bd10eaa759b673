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

# tools whose outcome is what a step is for.
tools := {"papermill", "pytest", "jupyter", "nbconvert", "nbval", "tox", "nox", "unittest", "ctest"}

deny contains {"msg": msg, "path": script.path, "line": ignored.line} if {
	some script in input.tenon.scripts
	some ignored in script.facts.ignored
	ignored.command in tools
	msg := sprintf("the failure of %s is hidden by || %s", [ignored.command, ignored.by])
}
