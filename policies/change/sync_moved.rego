# METADATA
# title: Argo CD syncs what is judged here
# description: |
#   Of another repository, revision, folder or plugin nothing was rendered, checked or reviewed: whoever moves an Application there
#   deploys what they like. Where a team moves its overlays on purpose, it lowers this rule first, in a change of its own.
# related_resources:
#   - ref: https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/Template/
# custom:
#   id: change/sync-moved
#   severity: error
#   input: change
#   remedy: "leave repository, revision and folder as they are; a phase is changed by the environment's phase"
package tenon.rules.change.sync_moved

deny contains {"msg": msg, "item": source} if {
	some source in input.change.sources
	source.op == "moved"
	msg := sprintf("Argo CD would sync something else: %s of %s %s", [source.field, source.object.kind, source.object.name])
}
