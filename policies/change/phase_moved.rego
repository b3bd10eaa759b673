# METADATA
# title: An environment moves to its next phase
# description: |
#   Promotion moves commits from the former CI to Tekton.
# related_resources:
#   - ref: https://argo-cd.readthedocs.io/en/stable/user-guide/auto_sync/
# custom:
#   id: change/phase-moved
#   severity: info
#   input: change
#   remedy: "watch the comparison of both sides after the merge"
package tenon.rules.change.phase_moved

import data.tenon.changes as lib

deny contains {"msg": msg, "item": move} if {
	some move in input.change.rollout
	move.op == "phase"
	lib.next(move)
	msg := sprintf("%s moves from %s to %s: %v %% of commits instead of %v %%", [move.environment, move.before, move.after, move.shareAfter, move.shareBefore])
}
