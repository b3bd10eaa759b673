package tenon.rules.change.supply_chain_changed_test

import data.tenon.rules.change.supply_chain_changed

test_fires if {
	trust := [{"what": "supply chain", "op": "added", "name": "supplyChain.builders"}]
	{f.msg | some f in supply_chain_changed.deny} == {"supplyChain.builders is added"} with input as {"change": {"trust": trust}}
}

test_silent_about_facts if {
	trust := [{"what": "fact", "op": "added", "name": "secrets"}]
	count(supply_chain_changed.deny) == 0 with input as {"change": {"trust": trust}}
}
