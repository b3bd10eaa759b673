package tenon.rules.change.deleted_test

import data.tenon.rules.change.deleted

# What the edits add is taken away in the other direction.
backwards := [object.union(o, {"op": "removed"}) | some o in data.change.objects; o.op == "added"]

test_fires if {
	found := deleted.deny with input as {"change": {"objects": backwards}}
	some f in found
	startswith(f.msg, "deleted: LimitRange/imaging, ")
	endswith(f.msg, " more")
	not contains(f.msg, "Namespace/")
}

test_fires_with_all_names_of_a_few if {
	found := deleted.deny with input as {"change": {"objects": [{"op": "removed", "object": {"kind": "Task", "name": "report"}, "targets": []}]}}
	{f.msg | some f in found} == {"deleted: Task/report"}
}

test_silent_where_nothing_goes if {
	stays := [o | some o in data.change.objects; o.op != "removed"]
	count(stays) > 0
	count(deleted.deny) == 0 with input as {"change": {"objects": stays}}
}

test_names_the_line if {
	gone := {"objects": [{"op": "removed", "object": {"kind": "Task", "name": "a"}, "was": "cue/platform/a.cue:1:1", "targets": []}]}
	found := deleted.deny with input as {"change": gone}
	{f.msg | some f in found} == {"deleted: Task/a (was cue/platform/a.cue:1:1)"}
}
