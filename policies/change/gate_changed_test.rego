package tenon.rules.change.gate_changed_test

import data.tenon.rules.change.gate_changed

file(op, gate) := {"op": op, "gate": gate, "owners": false, "most": 10, "object": {"kind": "File", "name": ".github/workflows/review.yaml"}}

fired(file) := found if found := {f.msg | some f in gate_changed.deny} with input as {"change": {"automation": [file]}}

test_fires_changed if fired(file("changed", true)) == {".github/workflows/review.yaml is changed: the base runs tenon by it"}

test_fires_cut if fired(file("cut", true)) == {"what CI runs names more files than are read (10): what changes in the others is not known"}

test_fires_on_another_platform if fired(file("platform", true)) == {".github/workflows/review.yaml is another platform, above or below the one that is judged here: an Application of Argo CD may be rendered from it"}

test_silent if count(fired(file("changed", false))) == 0

test_fires_on_the_cluster if {
	{f.msg | some f in gate_changed.deny} == {"Task review is removed: the base runs tenon by it"} with input as {"change": {"runners": [{"op": "removed", "object": {"kind": "Task", "name": "review"}}]}}
}
