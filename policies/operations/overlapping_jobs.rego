# METADATA
# title: A CronJob does not run beside itself
# description: |
#   By default a CronJob starts again while the last one still runs, and keeps starting what it
#   missed: two clean-ups delete beside each other.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#concurrency-policy
# custom:
#   id: operations/overlapping-jobs
#   severity: info
#   remedy: "write concurrencyPolicy: Forbid or Replace"
package tenon.rules.operations.overlapping_jobs

deny contains {"msg": msg, "path": ["spec"]} if {
	input.kind == "CronJob"
	object.get(input.spec, "concurrencyPolicy", "Allow") == "Allow"
	msg := sprintf("CronJob %s may run twice at a time", [input.metadata.name])
}
