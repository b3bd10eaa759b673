# METADATA
# title: An object is deleted
# description: |
#   Argo CD prunes what is no longer rendered.
# related_resources:
#   - ref: https://argo-cd.readthedocs.io/en/stable/user-guide/auto_sync/#automatic-pruning
# custom:
#   id: change/deleted
#   severity: info
#   input: change
#   remedy: "see that nothing outside of the platform uses it"
package tenon.rules.change.deleted

deny contains {"msg": msg, "item": object} if {
	some object in input.change.objects
	object.op == "removed"
	not object.object.kind in {"PersistentVolumeClaim", "PersistentVolume", "Namespace", "CustomResourceDefinition"}
	msg := sprintf("%s/%s is deleted", [object.object.kind, object.object.name])
}
