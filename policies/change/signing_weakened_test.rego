package tenon.rules.change.signing_weakened_test

import data.tenon.rules.change.signing_weakened

test_fires if {
	trust := [{"what": "signing", "op": "removed", "name": "ClusterImagePolicy a", "field": ""}, {"what": "signing", "op": "changed", "name": "ClusterImagePolicy a", "field": "spec.mode"}]
	{f.msg | some f in signing_weakened.deny} == {"ClusterImagePolicy a: it is removed", "ClusterImagePolicy a: spec.mode is changed"} with input as {"change": {"trust": trust}}
}

test_silent_about_more if {
	trust := [{"what": "signing", "op": "strengthened", "name": "ClusterImagePolicy a", "field": "spec.mode"}]
	count(signing_weakened.deny) == 0 with input as {"change": {"trust": trust}}
}
