# METADATA
# title: A quota counts GPUs by requests
# description: |
#   Of an extended resource only requests are counted. A quota on limits.nvidia.com/gpu is
#   accepted and never reached.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/policy/resource-quotas/#resource-quota-for-extended-resources
# custom:
#   id: gpu/quota-limits
#   severity: warning
#   remedy: "write requests.nvidia.com/gpu"
package tenon.rules.gpu.quota_limits

deny contains {"msg": msg, "path": ["spec", "hard", key]} if {
	input.kind == "ResourceQuota"
	some key, _ in input.spec.hard
	startswith(key, "limits.")
	contains(key, "/")
	msg := sprintf("%s is never counted: of extended resources only requests are", [key])
}
