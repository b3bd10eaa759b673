package tenon.rules.operations.overlapping_jobs_test

import data.tenon.rules.operations.overlapping_jobs

object_under_test := data.rendered.CronJob["prune-runs"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "remove", "path": "/spec/concurrencyPolicy"}])
	found := overlapping_jobs.deny with input as bad
	{f.path | some f in found} == {["spec"]}
}

test_silent_as_rendered if {
	count(overlapping_jobs.deny) == 0 with input as object_under_test
}
