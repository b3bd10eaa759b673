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

deny contains {"msg": msg, "path": array.concat(path, ["resourcetemplates", i, "kind"])} if {
	some [path, spec] in templates
	some i, template in spec.resourcetemplates
	not made_by_events(template)
	msg := sprintf("each event makes an object of kind %s, of which nothing was checked", [object.get(template, "kind", "?")])
}

# A template stands by itself, or within what names it.
templates contains [["spec"], input.spec] if input.kind == "TriggerTemplate"

templates contains [["spec", "template", "spec"], input.spec.template.spec] if input.kind == "Trigger"

templates contains [["spec", "triggers", i, "template", "spec"], trigger.template.spec] if {
	input.kind == "EventListener"
	some i, trigger in input.spec.triggers
}

made_by_events(template) if {
	split(template.apiVersion, "/")[0] == "tekton.dev"
	template.kind in {"PipelineRun", "TaskRun", "Run", "CustomRun"}
}
