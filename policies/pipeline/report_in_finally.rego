# METADATA
# title: Reports and notifications run after a failure too
# description: |
#   A task that only comes after the tests is skipped when one fails: nobody is told, and no
#   report is written.
# related_resources:
#   - ref: https://tekton.dev/docs/pipelines/pipelines/#adding-finally-to-the-pipeline
# custom:
#   id: pipeline/report-in-finally
#   severity: warning
#   remedy: "move it to finally"
package tenon.rules.pipeline.report_in_finally

deny contains {"msg": msg, "path": array.concat(at, [i, "name"])} if {
	some at, spec in specs
	count(object.get(spec, "finally", [])) == 0
	some i, task in spec.tasks
	count(object.get(task, "runAfter", [])) > 0
	regex.match(`(?i)(^|[-_])(notify|notification|slack|email|mail|report|reporting|cleanup|clean-up)([-_]|$)`, task.name)
	msg := sprintf("task %s is skipped when an earlier task fails", [task.name])
}

specs[["spec", "tasks"]] := input.spec if input.kind == "Pipeline"

specs[["spec", "pipelineSpec", "tasks"]] := input.spec.pipelineSpec if input.kind == "PipelineRun"
