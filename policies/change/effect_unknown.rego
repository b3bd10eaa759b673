# METADATA
# title: What follows from a changed field is known
# description: |
#   Code, texts, names, sizes and times say themselves what they change. Other fields may decide where pods run, who may use them or what
#   controllers do with them: where no rule knows such a field, somebody has to.
# related_resources:
#   - ref: https://kubernetes.io/docs/reference/kubernetes-api/
# custom:
#   id: change/effect-unknown
#   severity: warning
#   input: change
#   remedy: "look up what the field decides, and for whom"
package tenon.rules.change.effect_unknown

import data.tenon.changes as lib

deny contains {"msg": msg, "item": first} if {
	parts := [part | some part in input.change.others; part.field]
	some group in {[part.leaf, part.targets] | some part in parts}
	alike := [part | some part in parts; [part.leaf, part.targets] == group]
	names := [sprintf("%s of %s %s", [part.fields, part.object.kind, part.object.name]) | some part in alike]
	first := alike[0]
	msg := sprintf("changed, and no rule knows what follows: %s", [lib.few(names)])
}
