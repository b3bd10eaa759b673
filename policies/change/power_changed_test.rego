package tenon.rules.change.power_changed_test

import data.tenon.rules.change.power_changed

test_fires if {
	power := [{"op": "changed", "field": "spec.type", "why": "who can reach the pods", "object": {"kind": "Service", "name": "a"}}]
	{f.msg | some f in power_changed.deny} == {"spec.type of Service a is changed: who can reach the pods"} with input as {"change": {"power": power}}
}

test_silent if {
	count(power_changed.deny) == 0 with input as {"change": {"power": []}}
}
