# METADATA
# title: A rule speaks of each change
# description: |
#   What these objects change is neither a right, a connection, an image, a cost nor any other thing that a rule knows: code of tasks, texts
#   of ConfigMaps, settings. What it means is for whoever reads the difference to say.
# related_resources:
#   - ref: https://github.com/tektoncd/pipeline/blob/main/docs/tasks.md
# custom:
#   id: change/unexplained
#   severity: info
#   input: change
#   remedy: "read the difference"
package tenon.rules.change.unexplained

import data.tenon.changes as lib

deny contains {"msg": msg, "item": {"targets": targets}} if {
	some op in {"added", "changed"}
	plain := [object | some object in input.change.others; not object.field]
	some targets in {object.targets | some object in plain; object.op == op}
	names := [sprintf("%s/%s", [object.object.kind, object.object.name]) | some object in plain; object.op == op; object.targets == targets]
	msg := sprintf("%s, and no rule says what that means: %s", [op, lib.few(names)])
}
