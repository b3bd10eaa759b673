# METADATA
# title: Events start runs, and make nothing else
# description: |
#   A TriggerTemplate makes whatever its resourcetemplates hold, each time an event comes, with the rights of the
#   listener's account. What is no run of Tekton is in no review of what is deployed, and nothing deletes it.
# related_resources:
#   - ref: https://tekton.dev/docs/triggers/triggertemplates/
# custom:
#   id: triggers/other-objects
#   severity: warning
#   remedy: "let a run make it, with an account that may do only that"
package tenon.rules.triggers.other_objects

deny contains {"msg": msg, "path": ["spec", "resourcetemplates", i, "kind"]} if {
	input.kind == "TriggerTemplate"
	some i, template in input.spec.resourcetemplates
	not made_by_events(template)
	msg := sprintf("each event makes a %s, of which nothing was checked", [object.get(template, "kind", "object")])
}

made_by_events(template) if {
	split(template.apiVersion, "/")[0] == "tekton.dev"
	template.kind in {"PipelineRun", "TaskRun", "Run", "CustomRun"}
}
