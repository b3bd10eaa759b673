package tenon.rules.change.phase_back_test

import data.tenon.rules.change.phase_back

test_fires if {
	found := phase_back.deny with input as {"change": data.change}
	{f.item.environment | some f in found} == {"dev", "staging"}
	"staging steps back from phase2 to phase1: 20 % of commits instead of 50 %" in {f.msg | some f in found}
}

test_silent_forward if {
	forward := [m | some m in data.change.rollout; m.environment == "prod"]
	count(forward) > 0
	count(phase_back.deny) == 0 with input as {"change": {"rollout": forward}}
}
