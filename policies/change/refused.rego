# METADATA
# title: Every change can be applied
# description: |
#   Some fields cannot be changed: the API server refuses the update, and Argo CD's sync fails after the merge.
# related_resources:
#   - ref: https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/#replace-resource-instead-of-applying-changes
# custom:
#   id: change/refused
#   severity: error
#   input: change
#   remedy: "give the object another name, or let Argo CD replace it by the annotation argocd.argoproj.io/sync-options: Replace=true"
package tenon.rules.change.refused

deny contains {"msg": msg, "item": refused} if {
	some refused in input.change.refused
	not refused.object.kind in keeps
	msg := sprintf("the API server refuses the update of %s/%s: %s", [refused.object.kind, refused.object.name, refused.message])
}

# To replace one of these is to delete it first, with all that it holds.
deny contains {"msg": msg, "remedy": "take the change back, or give the object another name and move what it holds: to replace it would delete that", "item": refused} if {
	some refused in input.change.refused
	refused.object.kind in keeps
	msg := sprintf("the API server refuses the update of %s/%s: %s", [refused.object.kind, refused.object.name, refused.message])
}

keeps := {"PersistentVolumeClaim", "PersistentVolume", "StatefulSet", "Namespace", "CustomResourceDefinition"}
