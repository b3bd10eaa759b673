package tenon.rules.change.waiver_test

import data.tenon.rules.change.waiver

test_fires if {
	found := waiver.deny with input as {"change": data.change}
	{f.msg | some f in found} == {"waiver scanner for rbac/cluster-wide-secrets on ClusterRole/scientific-computing-trigger-reader is added until 2027-01-31: The listener reads secrets of all namespaces. (security)"}
}

test_fires_on_one_for_ever if {
	extended := [object.union(t, {"op": "extended", "until": ""}) | some t in data.change.trust; t.what == "waiver"]
	found := waiver.deny with input as {"change": {"trust": extended}}
	some f in found
	contains(f.msg, " is extended, for ever: ")
}

test_silent_where_it_is_shortened_or_removed if {
	less := [object.union(t, {"op": op}) | some t in data.change.trust; t.what == "waiver"; some op in ["shortened", "removed"]]
	count(less) > 0
	count(waiver.deny) == 0 with input as {"change": {"trust": less}}
}
