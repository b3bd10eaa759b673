package tenon.rules.change.network_closed_test

import data.tenon.rules.change.network_closed

test_fires if {
	found := network_closed.deny with input as {"change": data.change}
	some f in found
	contains(f.msg, "may no longer reach 140.82.112.0/20")
	f.item.object.name == "runs-egress"
}

test_fires_on_callers if {
	reach := {"op": "closed", "direction": "ingress", "peer": "anyone", "ports": "any", "pods": ["Task/report"]}
	found := network_closed.deny with input as {"change": {"reach": [reach]}}
	{f.msg | some f in found} == {"Task/report may no longer be reached by anyone"}
}

test_silent_where_it_opens if {
	opened := [r | some r in data.change.reach; r.op == "opened"]
	count(opened) > 0
	count(network_closed.deny) == 0 with input as {"change": {"reach": opened}}
}
