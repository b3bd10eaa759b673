# METADATA
# title: Pods stay out of the node
# description: |
#   The network, processes or capabilities of the node let a step reach what no policy guards:
#   the credentials of the node, the pods of others, the kubelet.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   id: pipeline/host-access
#   severity: error
#   remedy: "leave hostNetwork, hostPID, hostIPC and added capabilities out"
package tenon.rules.pipeline.host_access

import data.tenon.lib

deny contains {"msg": msg, "path": array.concat(pod.path, [field])} if {
	some pod in lib.pod_specs
	some field in ["hostNetwork", "hostPID", "hostIPC"]
	pod.spec[field] == true
	not input.kind == "DaemonSet" # what runs on every node is part of it
	msg := sprintf("%s gives the pod a part of the node", [field])
}

deny contains {"msg": msg, "path": array.concat(c.path, ["securityContext", "capabilities", "add"])} if {
	some c in lib.containers
	some capability in c.container.securityContext.capabilities.add
	upper(capability) in {"ALL", "SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE", "SYS_MODULE", "DAC_READ_SEARCH"}
	msg := sprintf("capability %s gives the container a part of the node", [capability])
}
