package tenon.rules.change.cost_multiplied_test

import data.tenon.rules.change.cost_multiplied

test_fires if {
	found := cost_multiplied.deny with input as {"change": data.change}
	{f.msg | some f in found} == {"concurrent runs: runs 8 instead of 4, 2 times as much"}
}

test_silent_where_less_than_doubled if {
	few := [object.union(cost, {"factor": 1.99}) | some cost in data.change.costs]
	count(cost_multiplied.deny) == 0 with input as {"change": object.union(data.change, {"costs": few})}
}

# What was nothing has no factor.
test_silent_where_there_was_none if {
	none := [object.remove(cost, ["factor"]) | some cost in data.change.costs]
	count(cost_multiplied.deny) == 0 with input as {"change": object.union(data.change, {"costs": none})}
}

test_fires_for_the_first if {
	cost := {"what": "the quota q", "resource": "memory", "before": "0", "after": "10Ti", "factor": 10240}
	{f.msg | some f in cost_multiplied.deny} == {"the quota q: memory 10Ti instead of none"} with input as {"change": {"costs": [cost]}}
}
