package tenon.rules.change.rule_weakened_test

import data.tenon.rules.change.rule_weakened

test_fires if {
	found := rule_weakened.deny with input as {"change": data.change}
	{f.msg | some f in found} == {"the severity of rbac/cluster-wide-secrets is off instead of error"}
}

test_fires_on_what_blocks if {
	gate := {"what": "gate", "op": "weakened", "name": "failOn", "before": "warning", "after": "error"}
	found := rule_weakened.deny with input as {"change": {"trust": [gate]}}
	{f.msg | some f in found} == {"gate.failOn is error instead of warning"}
}

test_silent_where_it_is_strengthened if {
	stronger := [object.union(t, {"op": "strengthened"}) | some t in data.change.trust; t.op == "weakened"]
	count(stronger) > 0
	count(rule_weakened.deny) == 0 with input as {"change": {"trust": stronger}}
}
