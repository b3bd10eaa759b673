package tenon.rules.autoscaling.resource_metric_test

import data.tenon.rules.autoscaling.resource_metric

autoscaler(name) := {"kind": "HorizontalPodAutoscaler", "spec": {"metrics": [{"type": "Resource", "resource": {"name": name}}]}}

test_fires_on_a_gpu if {
	found := resource_metric.deny with input as autoscaler("nvidia.com/gpu")
	{f.path | some f in found} == {["spec", "metrics", 0, "resource", "name"]}
}

test_silent_on_cpu if {
	count(resource_metric.deny) == 0 with input as autoscaler("cpu")
}
