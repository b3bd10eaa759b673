# METADATA
# title: Autoscalers read metrics that exist
# description: |
#   The resource metrics API knows cpu and memory only. A metric of type Resource with the name of
#   a GPU passes validation and then reports FailedGetResourceMetric for ever.
# related_resources:
#   - ref: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/
# custom:
#   id: autoscaling/resource-metric
#   severity: error
#   remedy: "use a metric of type Pods or External, such as DCGM_FI_DEV_GPU_UTIL through an adapter"
package tenon.rules.autoscaling.resource_metric

deny contains {"msg": msg, "path": ["spec", "metrics", i, field, "name"]} if {
	input.kind == "HorizontalPodAutoscaler"
	some i, metric in input.spec.metrics
	some field in ["resource", "containerResource"]
	name := metric[field].name
	not name in {"cpu", "memory"}
	msg := sprintf("there is no resource metric %s, only cpu and memory", [name])
}
