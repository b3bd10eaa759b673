# METADATA
# title: A phase keeps its share of commits
# description: |
#   The share of a phase that is current changes what runs at once, without a promotion.
# related_resources:
#   - ref: https://argo-cd.readthedocs.io/en/stable/user-guide/auto_sync/
# custom:
#   id: change/share
#   severity: warning
#   input: change
#   remedy: "promote to a phase of that share instead, if the phase is current"
package tenon.rules.change.share

deny contains {"msg": msg, "item": share} if {
	some share in input.change.rollout
	share.op == "share"
	msg := sprintf("%s of %s runs %v %% of commits instead of %v %%%s", [share.phase, share.environment, share.shareAfter, share.shareBefore, now(share)])
}

now(share) := ", at once: it is the current phase" if share.current

now(share) := "" if not share.current
