# METADATA
# title: Runs of events have names of their own
# description: |
#   The second event creates an object that is there already: the listener logs "already exists", and no run starts.
# related_resources:
#   - ref: https://tekton.dev/docs/triggers/triggertemplates/
# custom:
#   id: triggers/fixed-name
#   severity: warning
#   remedy: "use generateName, or $(uid) in the name"
package tenon.rules.triggers.fixed_name

deny contains {"msg": msg, "path": ["spec", "resourcetemplates", i, "metadata", "name"]} if {
	input.kind == "TriggerTemplate"
	some i, template in input.spec.resourcetemplates
	template.kind in {"PipelineRun", "TaskRun", "Job", "Pod"}
	name := template.metadata.name
	not contains(name, "$(")
	msg := sprintf("every event would create a %s called %s, which is there after the first", [template.kind, name])
}
