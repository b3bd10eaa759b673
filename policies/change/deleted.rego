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

import data.tenon.changes as lib

deny contains {"msg": msg, "item": {"targets": targets}} if {
	some targets in {object.targets | some object in input.change.objects; gone(object)}
	names := [sprintf("%s/%s%s", [object.object.kind, object.object.name, lib.was(object)]) | some object in input.change.objects; gone(object); object.targets == targets]
	msg := sprintf("deleted: %s", [lib.few(names)])
}

gone(object) if {
	object.op == "removed"
	not object.object.kind in {"PersistentVolumeClaim", "PersistentVolume", "Namespace", "CustomResourceDefinition"}
}
