# METADATA
# title: Schema and render are those of the base
# description: |
#   What is rendered follows from them as much as from the platform: the changes of the objects show what came of it.
# related_resources:
#   - ref: https://cuelang.org/docs/reference/modules/
# custom:
#   id: change/render-changed
#   severity: info
#   input: change
#   remedy: "see the changes of the objects"
package tenon.rules.change.render_changed

deny contains {"msg": msg, "item": file} if {
	some file in input.change.trust
	file.what == "render"
	msg := sprintf("%s is %s", [file.name, file.op])
}
