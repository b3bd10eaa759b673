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
