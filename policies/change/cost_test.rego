package tenon.rules.change.cost_test

import data.tenon.rules.change.cost

# The pool grows to half as many nodes more.
test_fires if {
	found := cost.deny with input as {"change": data.change}
	"pool gpu: nodes at most 6 instead of 4" in {f.msg | some f in found}
}

# Another model has no number to compare.
test_fires_for_a_model if {
	found := cost.deny with input as {"change": data.change}
	"pool gpu: GPU model NVIDIA-H100-80GB-HBM3 instead of NVIDIA-A100-SXM4-80GB" in {f.msg | some f in found}
}

test_silent_where_it_is_multiplied if {
	found := cost.deny with input as {"change": data.change}
	count([f | some f in found; f.item.factor >= 2]) == 0
}

test_silent_without_a_cost if {
	count(cost.deny) == 0 with input as {"change": object.union(data.change, {"costs": []})}
}

test_less_needs_no_budget if {
	less := object.union(data.change, {"costs": [object.union(c, {"grows": false}) | some c in data.change.costs]})
	found := cost.deny with input as {"change": less}
	{f.remedy | some f in found} == {"see that what runs there still has room"}
}
