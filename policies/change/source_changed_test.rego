package tenon.rules.change.source_changed_test

import data.tenon.rules.change.source_changed

test_fires if {
	sources := [
		{"op": "named", "address": "https://evil.example/a", "object": {"kind": "Task"}, "field": ""},
		{"op": "changed", "address": "", "object": {"kind": "ExternalSecret", "name": "a"}, "field": "spec.data"},
		{"op": "loosened", "address": "", "object": {"kind": "Pipeline", "name": "b"}, "field": "spec.params"},
		{"op": "unverified", "address": "--insecure-ignore-tlog", "object": {"kind": "Task", "name": "c"}, "field": ""},
	]
	{f.msg | some f in source_changed.deny} == {
		"it names https://evil.example/a, which nothing named before",
		"spec.data of ExternalSecret a is changed",
		"spec.params of Pipeline b named a version or a commit, and now what may be another thing tomorrow",
		"it has \"--insecure-ignore-tlog\" now: what is fetched or run is not verified",
	} with input as {"change": {"sources": sources}}
}

test_silent if {
	count(source_changed.deny) == 0 with input as {"change": {"sources": []}}
}
