package tenon.rules.change.sync_moved_test

import data.tenon.rules.change.sync_moved

test_fires if {
	sources := [{"op": "moved", "address": "", "object": {"kind": "ApplicationSet", "name": "a"}, "field": "spec.templatePatch"}]
	{f.msg | some f in sync_moved.deny} == {"Argo CD would sync something else: spec.templatePatch of ApplicationSet a"} with input as {"change": {"sources": sources}}
}

test_silent if {
	sources := [{"op": "changed", "address": "", "object": {"kind": "ExternalSecret", "name": "a"}, "field": "spec.data"}]
	count(sync_moved.deny) == 0 with input as {"change": {"sources": sources}}
}
