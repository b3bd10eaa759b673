# METADATA
# title: No environment skips a phase
# description: |
#   Each phase is there to show on a smaller share what would break on a larger one.
# related_resources:
#   - ref: https://argo-cd.readthedocs.io/en/stable/user-guide/auto_sync/
# custom:
#   id: change/phase-jump
#   severity: error
#   input: change
#   remedy: "promote one phase at a time"
package tenon.rules.change.phase_jump

deny contains {"msg": msg, "item": share} if {
	some share in input.change.rollout
	share.op == "share"
	share.skips
	msg := sprintf("%s takes %v %% of commits instead of %v %% while it is in %s, without the phases between", [share.environment, share.shareAfter, share.shareBefore, share.phase])
}

deny contains {"msg": msg, "item": move} if {
	some move in input.change.rollout
	move.op == "phase"
	move.steps > 1
	move.known
	msg := sprintf("%s jumps from %s to %s: %v %% of commits instead of %v %%, without the phases between", [move.environment, move.before, move.after, move.shareAfter, move.shareBefore])
}
