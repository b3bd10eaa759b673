package tenon.rules.change.unexplained_test

import data.tenon.rules.change.unexplained

test_fires if {
	others := [
		{"op": "changed", "object": {"kind": "Task", "name": "a"}, "targets": [{"environment": "prod", "phase": "phase1"}]},
		{"op": "changed", "object": {"kind": "Task", "name": "b"}, "targets": [{"environment": "prod", "phase": "phase1"}]},
		{"op": "added", "object": {"kind": "ConfigMap", "name": "c"}, "targets": [{"environment": "prod", "phase": "phase1"}]},
	]
	{f.msg | some f in unexplained.deny} == {"changed, and no rule says what that means: Task/a, Task/b", "added, and no rule says what that means: ConfigMap/c"} with input as {"change": {"others": others}}
}

test_silent if {
	count(unexplained.deny) == 0 with input as {"change": {"others": []}}
}
