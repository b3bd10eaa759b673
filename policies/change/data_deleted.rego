# METADATA
# title: Nothing that holds data is deleted
# description: |
#   Argo CD prunes what is no longer rendered. A claim takes its volume with it, unless the class retains it; a namespace takes everything.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reclaiming
# custom:
#   id: change/data-deleted
#   severity: error
#   input: change
#   remedy: "keep it, or copy the data and take the object out in a change of its own"
package tenon.rules.change.data_deleted

import data.tenon.changes as lib

deny contains {"msg": msg, "item": object} if {
	some object in input.change.objects
	object.op == "removed"
	object.object.kind in {"PersistentVolumeClaim", "PersistentVolume", "Namespace", "CustomResourceDefinition"}
	msg := sprintf("%s/%s%s is deleted, with all that it holds", [object.object.kind, object.object.name, lib.was(object)])
}

deny contains {"msg": msg, "item": object} if {
	some object in input.change.objects
	object.claims
	msg := sprintf("StatefulSet/%s%s: with what changes Kubernetes deletes its claims, and all that they hold (persistentVolumeClaimRetentionPolicy)", [object.object.name, lib.was(object)])
}
