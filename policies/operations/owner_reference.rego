# METADATA
# title: A manifest names no owner
# description: |
#   An owner is known by the UID that a cluster gave it. In another cluster, or once it was made anew, nothing has that UID, and the garbage
#   collector deletes the object. Exported manifests have such references.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/architecture/garbage-collection/#owners-dependents
# custom:
#   id: operations/owner-reference
#   severity: error
#   remedy: "take metadata.ownerReferences out: controllers write them"
package tenon.rules.operations.owner_reference

deny contains {"msg": msg, "path": ["metadata", "ownerReferences"]} if {
	some owner in input.metadata.ownerReferences
	owner.uid
	msg := sprintf("%s %s is owned by %s %s with UID %s: where that is not there, Kubernetes deletes it", [
		input.kind, object.get(input.metadata, "name", ""), object.get(owner, "kind", "?"), object.get(owner, "name", "?"), owner.uid,
	])
}
