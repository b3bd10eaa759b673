package tenon.rules.change.refused_test

import data.tenon.rules.change.refused

test_fires if {
	found := refused.deny with input as {"change": data.change}
	"notebook-exchange" in {f.item.object.name | some f in found}
	every f in found { contains(f.msg, "spec is immutable after creation") }
}

# All other objects that the edits change may be changed.
test_silent_about_others if {
	found := refused.deny with input as {"change": data.change}
	{f.item.object.kind | some f in found} == {"PersistentVolumeClaim"}
}

test_silent_without_a_refusal if {
	count(refused.deny) == 0 with input as {"change": object.union(data.change, {"refused": []})}
}

# A claim is never told to be replaced: that would delete what it holds.
test_advice_keeps_data if {
	found := refused.deny with input as {"change": data.change}
	every f in found { contains(f.remedy, "take the change back") }
	others := object.union(data.change, {"refused": [object.union(r, {"object": {"kind": "Job", "name": "a"}}) | some r in data.change.refused]})
	plain := refused.deny with input as {"change": others}
	count([f | some f in plain; not f.remedy]) > 0
}
