package tenon.rules.change.phase_jump_test

import data.tenon.rules.change.phase_jump

jump := [object.union(m, {"steps": 2, "after": "phase3", "shareAfter": 100}) | some m in data.change.rollout; m.op == "phase"; m.environment == "prod"]

test_fires if {
	found := phase_jump.deny with input as {"change": {"rollout": jump}}
	{f.msg | some f in found} == {"prod jumps from phase1 to phase3: 100 % of commits instead of 10 %, without the phases between"}
}

test_silent_by_one_phase if {
	count(phase_jump.deny) == 0 with input as {"change": data.change}
}

# A phase that is no more has no place in the order.
test_silent_from_an_unknown_phase if {
	renamed := [object.union(m, {"known": false}) | some m in jump]
	count(phase_jump.deny) == 0 with input as {"change": {"rollout": renamed}}
}

test_fires_on_the_share_of_a_later_phase if {
	share := {"op": "share", "environment": "prod", "phase": "phase1", "shareBefore": 10, "shareAfter": 100, "skips": true}
	found := phase_jump.deny with input as {"change": {"rollout": [share]}}
	{f.msg | some f in found} == {"prod takes 100 % of commits instead of 10 % while it is in phase1, without the phases between"}
}
