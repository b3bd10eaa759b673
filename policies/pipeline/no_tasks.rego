# METADATA
# title: A pipeline has tasks
# description: |
#   Tekton accepts a Pipeline without tasks. Its runs fail, or end at once with nothing done.
# related_resources:
#   - ref: https://tekton.dev/docs/pipelines/pipelines/#adding-tasks-to-the-pipeline
# custom:
#   id: pipeline/no-tasks
#   severity: error
#   remedy: "write the tasks in spec.tasks"
package tenon.rules.pipeline.no_tasks

deny contains {"msg": msg, "path": ["spec"]} if {
	input.kind == "Pipeline"
	startswith(input.apiVersion, "tekton.dev/")
	count(object.get(input.spec, "tasks", [])) == 0
	msg := sprintf("Pipeline %s has no tasks: it does nothing", [input.metadata.name])
}
