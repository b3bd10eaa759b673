package tenon.rules.change.data_deleted_test

import data.tenon.rules.change.data_deleted

removed(kind) := {"objects": [{"op": "removed", "object": {"kind": kind, "name": "results"}, "targets": []}]}

test_fires if {
	found := data_deleted.deny with input as {"change": removed("PersistentVolumeClaim")}
	{f.msg | some f in found} == {"PersistentVolumeClaim/results is deleted, with all that it holds"}
}

test_silent_where_no_data_goes if {
	count(data_deleted.deny) == 0 with input as {"change": removed("ConfigMap")}
}

test_silent_where_claims_change if {
	"PersistentVolumeClaim" in {o.object.kind | some o in data.change.objects}
	count(data_deleted.deny) == 0 with input as {"change": data.change}
}

test_names_the_line if {
	found := data_deleted.deny with input as {"change": {"objects": [object.union(removed("PersistentVolumeClaim").objects[0], {"was": "cue/platform/platform.cue:9:3"})]}}
	{f.msg | some f in found} == {"PersistentVolumeClaim/results (was cue/platform/platform.cue:9:3) is deleted, with all that it holds"}
}

test_fires_on_claims_of_a_statefulset if {
	found := data_deleted.deny with input as {"change": {"objects": [{"op": "changed", "claims": true, "object": {"kind": "StatefulSet", "name": "store"}, "targets": []}]}}
	count(found) == 1
}
