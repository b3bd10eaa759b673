# METADATA
# title: A step back is meant
# description: |
#   Commits go back to the former CI. That is right after an incident, and a mistake after a merge conflict.
# related_resources:
#   - ref: https://argo-cd.readthedocs.io/en/stable/user-guide/auto_sync/
# custom:
#   id: change/phase-back
#   severity: warning
#   input: change
#   remedy: "say in the pull request what went wrong in the later phase"
package tenon.rules.change.phase_back

deny contains {"msg": msg, "item": move} if {
	some move in input.change.rollout
	move.op == "phase"
	move.steps < 0
	msg := sprintf("%s steps back from %s to %s: %v %% of commits instead of %v %%", [move.environment, move.before, move.after, move.shareAfter, move.shareBefore])
}
