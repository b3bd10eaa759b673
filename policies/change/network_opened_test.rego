package tenon.rules.change.network_opened_test

import data.tenon.rules.change.network_opened

test_fires if {
	found := network_opened.deny with input as {"change": data.change}
	some f in found
	contains(f.msg, "may now reach 141.82.112.0/20")
	f.item.object.name == "runs-egress"
}

test_silent_where_it_closes if {
	closed := [r | some r in data.change.reach; r.op == "closed"]
	count(closed) > 0
	count(network_opened.deny) == 0 with input as {"change": {"reach": closed}}
}
