# METADATA
# title: What runs the gate stays
# description: |
#   A forge runs the workflow that the change brings: one that no longer runs tenon, or runs another program of that name, passes whatever it does.
# related_resources:
#   - ref: https://docs.github.com/en/actions/security-for-github-actions/security-guides/security-hardening-for-github-actions
# custom:
#   id: change/gate-changed
#   severity: error
#   input: change
#   remedy: "make it a change of its own, which who answers for the gate reviews and merges over the failed check"
package tenon.rules.change.gate_changed

deny contains {"msg": msg, "item": file} if {
	some file in input.change.automation
	file.gate
	not file.op in {"cut", "platform"}
	msg := sprintf("%s is %s: the base runs tenon by it", [file.object.name, file.op])
}

deny contains {"msg": msg, "item": file} if {
	some file in input.change.automation
	file.op == "cut"
	msg := sprintf("what CI runs names more files than are read (%d): what changes in the others is not known", [file.most])
}

deny contains {"msg": msg, "item": file} if {
	some file in input.change.automation
	file.op == "platform"
	msg := sprintf("%s is another platform, above or below the one that is judged here: an Application of Argo CD may be rendered from it", [file.object.name])
}

deny contains {"msg": msg, "item": part} if {
	some part in input.change.runners
	msg := sprintf("%s %s is %s: the base runs tenon by it", [part.object.kind, part.object.name, part.op])
}
