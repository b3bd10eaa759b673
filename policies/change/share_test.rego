package tenon.rules.change.share_test

import data.tenon.rules.change.share

test_fires if {
	found := share.deny with input as {"change": data.change}
	"phase1 of staging runs 20 % of commits instead of 10 %, at once: it is the current phase" in {f.msg | some f in found}
	"phase1 of prod runs 20 % of commits instead of 10 %" in {f.msg | some f in found}
}

test_silent_where_only_the_phase_moves if {
	moves := [m | some m in data.change.rollout; m.op == "phase"]
	count(moves) > 0
	count(share.deny) == 0 with input as {"change": {"rollout": moves}}
}
