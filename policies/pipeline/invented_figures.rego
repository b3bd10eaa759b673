# METADATA
# title: Figures in a report are counted, not written
# description: |
#   A script sets a number of tests to a literal. A dashboard that shows it shows an invention,
#   also when everything failed.
# related_resources:
#   - ref: https://docs.pytest.org/en/stable/how-to/output.html
# custom:
#   id: pipeline/invented-figures
#   severity: warning
#   remedy: "read the figures from the report of the test tool, such as its JUnit file"
package tenon.rules.pipeline.invented_figures

deny contains {"msg": msg, "path": script.path, "line": assignment.line} if {
	some script in input.tenon.scripts
	some assignment in script.facts.assignments
	regex.match(`(?i)^(total|passed|failed|skipped|num)_?tests?$|^tests?_(total|passed|failed|skipped|run)$`, assignment.name)
	regex.match(`^[1-9][0-9]*$`, assignment.value)
	msg := sprintf("%s is set to %s: a figure that nobody counted", [assignment.name, assignment.value])
}
