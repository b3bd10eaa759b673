package tenon.rules.change.policy_changed_test

import data.tenon.rules.change.policy_changed

file := {"what": "policy", "op": "changed", "name": "policies/team.rego"}

test_fires if {
	found := policy_changed.deny with input as {"change": {"trust": [file]}}
	{f.msg | some f in found} == {"the policy policies/team.rego is changed"}
}

test_silent_about_other_trust if {
	count(policy_changed.deny) == 0 with input as {"change": data.change}
}
