package tenon.rules.gpu.quota_limits_test

import data.tenon.rules.gpu.quota_limits

object_under_test := data.rendered.ResourceQuota["scientific-computing"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "replace", "path": "/spec/hard", "value": {"limits.nvidia.com/gpu": "8"}}])
	found := quota_limits.deny with input as bad
	{f.path | some f in found} == {["spec", "hard", "limits.nvidia.com/gpu"]}
}

test_silent_as_rendered if {
	count(quota_limits.deny) == 0 with input as object_under_test
}
