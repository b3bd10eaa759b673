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

import data.tenon.changes as lib

deny contains {"msg": msg, "item": files[0]} if {
	some op in {"added", "changed", "removed"}
	files := [file | some file in input.change.trust; file.what == "render"; file.op == op]
	msg := sprintf("%s: %s", [op, lib.few([file.name | some file in files])])
}
