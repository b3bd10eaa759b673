package tenon.rules.operations.owner_reference_test

import data.tenon.rules.operations.owner_reference

owned := {"kind": "Job", "metadata": {"name": "a", "ownerReferences": [{"apiVersion": "batch/v1", "kind": "CronJob", "name": "b", "uid": "00000000-0000-0000-0000-000000000000"}]}}

test_fires if {
	found := owner_reference.deny with input as owned
	{f.path | some f in found} == {["metadata", "ownerReferences"]}
}

test_silent_without if {
	count(owner_reference.deny) == 0 with input as {"kind": "Job", "metadata": {"name": "a"}}
	count(owner_reference.deny) == 0 with input as {"kind": "Job", "metadata": {"name": "a", "ownerReferences": []}}
}
