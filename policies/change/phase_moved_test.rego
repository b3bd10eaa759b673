package tenon.rules.change.phase_moved_test

import data.tenon.rules.change.phase_moved

test_fires if {
	found := phase_moved.deny with input as {"change": data.change}
	{f.msg | some f in found} == {"prod moves from phase1 to phase2: 50 % of commits instead of 10 %"}
}

test_fires_from_an_unknown_phase if {
	renamed := [object.union(m, {"known": false, "steps": 3}) | some m in data.change.rollout; m.op == "phase"; m.environment == "prod"]
	found := phase_moved.deny with input as {"change": {"rollout": renamed}}
	count(found) == 1
}

test_silent_on_steps_back if {
	back := [m | some m in data.change.rollout; m.op == "phase"; m.steps < 0]
	count(back) > 0
	count(phase_moved.deny) == 0 with input as {"change": {"rollout": back}}
}
