# METADATA
# title: Schema and render are those that tenon was released with
# description: |
#   A copy of its own, or another package in their place, can render anything and say that it is checked: what every rule relies on is the schema.
# related_resources:
#   - ref: https://cuelang.org/docs/reference/modules/
# custom:
#   id: change/render-replaced
#   severity: error
#   input: change
#   remedy: "take schema and render from `tenon init` of the tenon that judges, and change the platform instead"
package tenon.rules.change.render_replaced

deny contains {"msg": msg, "item": file} if {
	some file in input.change.trust
	file.what == "render"
	file.op == "replaced"
	msg := sprintf("it no longer imports %s", [file.name])
}

deny contains {"msg": msg, "item": file} if {
	some file in input.change.trust
	file.what == "render"
	file.op == "imported"
	msg := sprintf("it imports %s, which the base did not: what that defines is not what tenon was released with", [file.name])
}

deny contains {"msg": msg, "item": file} if {
	some file in input.change.trust
	file.what == "render"
	file.op == "copied"
	msg := sprintf("the copy of schema and render is not the one of this tenon: %s differs", [file.name])
}
