package tenon.rules.change.fact_changed_test

import data.tenon.rules.change.fact_changed

test_fires if {
	found := fact_changed.deny with input as {"change": data.change}
	"the fact secrets.mirror is added" in {f.msg | some f in found}
}

test_silent_about_other_trust if {
	others := [t | some t in data.change.trust; t.what != "fact"]
	count(others) > 0
	count(fact_changed.deny) == 0 with input as {"change": {"trust": others}}
}

test_fires_for_a_new_environment if {
	trust := [{"what": "fact", "op": "stated anew", "name": "facts: secrets"}]
	{f.msg | some f in fact_changed.deny} == {"the new environment is believed in its facts: secrets"} with input as {"change": {"trust": trust}}
}
