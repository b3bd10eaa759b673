package tenon.rules.change.restart_test

import data.tenon.rules.change.restart

test_fires if {
	found := restart.deny with input as {"change": data.change}
	{f.msg | some f in found} == {"the pods of DaemonSet/pre-pull-gpu start anew", "the pods of Deployment/warm-gpu start anew"}
}

# Objects without pods of their own change, too.
test_silent_without_a_restart if {
	count(data.change.objects) > 0
	count(restart.deny) == 0 with input as {"change": object.union(data.change, {"restarts": []})}
}
