# METADATA
# title: A merge patch does not replace a list
# description: |
#   A merge patch replaces a list as a whole: a patch with one trigger deletes the interceptors,
#   bindings and templates of the others.
# related_resources:
#   - ref: https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
# custom:
#   id: pipeline/merge-patch-list
#   severity: warning
#   remedy: "apply the whole object, or use a JSON patch that names the element"
package tenon.rules.pipeline.merge_patch_list

deny contains {"msg": msg, "path": script.path, "line": command.line} if {
	some script in input.tenon.scripts
	some command in script.facts.commands
	command.name == "kubectl"
	"patch" in command.args
	some flag in ["--type=merge", "merge"]
	flag in command.args
	some arg in command.args
	regex.match(`:\s*\[`, arg)
	msg := "kubectl patch with type merge replaces a whole list"
}
