# METADATA
# title: Steps run as a user without rights on the node
# description: |
#   A step that is privileged, runs as root or may gain privileges is refused in a namespace with
#   Pod Security restricted, and elsewhere reaches the node.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
# custom:
#   id: pipeline/root-step
#   severity: error
#   remedy: "set runAsNonRoot, runAsUser of the image, allowPrivilegeEscalation false and drop ALL capabilities"
package tenon.rules.pipeline.root_step

import data.tenon.lib

deny contains {"msg": msg, "path": array.concat(c.path, ["securityContext", field])} if {
	some c in lib.containers
	some field, meaning in {"privileged": "is privileged", "allowPrivilegeEscalation": "may gain privileges"}
	c.container.securityContext[field] == true
	msg := sprintf("container %s %s", [object.get(c.container, "name", "?"), meaning])
}

deny contains {"msg": msg, "path": array.concat(c.path, ["securityContext", "runAsUser"])} if {
	some c in lib.containers
	c.container.securityContext.runAsUser == 0
	msg := sprintf("container %s runs as root", [object.get(c.container, "name", "?")])
}

deny contains {"msg": msg, "path": array.concat(pod.path, ["securityContext", "runAsUser"])} if {
	some pod in lib.pod_specs
	pod.spec.securityContext.runAsUser == 0
	some msg in user_of(pod.spec)
}

lists := ["containers", "initContainers", "steps", "sidecars"]

# In a template of pods no container is in sight.
user_of(spec) := {"every container of the pod runs as root"} if not has_containers(spec)

user_of(spec) := {sprintf("the pod's user is root, and that of %s", [object.get(c, "name", "?")]) |
	some list in lists
	some c in spec[list]
	not own_user(c)
} if {
	has_containers(spec)
}

has_containers(spec) if {
	some list in lists
	count(spec[list]) > 0
}

# A container's own user goes before the pod's.
own_user(c) if c.securityContext.runAsUser > 0
