package tenon.rules.change.effect_unknown_test

import data.tenon.rules.change.effect_unknown

test_fires if {
	others := [
		{"op": "changed", "object": {"kind": "Deployment", "name": "a"}, "field": "spec.template.spec.tolerations", "fields": "spec.template.spec.tolerations", "leaf": "tolerations", "targets": [{"environment": "prod", "phase": "phase1"}]},
		{"op": "changed", "object": {"kind": "DaemonSet", "name": "c"}, "field": "tolerations", "fields": "tolerations", "leaf": "tolerations", "targets": [{"environment": "prod", "phase": "phase1"}]},
		{"op": "changed", "object": {"kind": "Task", "name": "b"}, "targets": [{"environment": "prod", "phase": "phase1"}]},
	]
	{f.msg | some f in effect_unknown.deny} == {"changed, and no rule knows what follows: spec.template.spec.tolerations of Deployment a, tolerations of DaemonSet c"} with input as {"change": {"others": others}}
}

test_silent if {
	count(effect_unknown.deny) == 0 with input as {"change": {"others": [{"op": "added", "object": {"kind": "Task", "name": "b"}, "targets": []}]}}
}
