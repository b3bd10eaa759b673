# METADATA
# title: Containers say what they need
# description: |
#   A container without requests is placed anywhere and evicted first; a quota on cpu or memory
#   refuses its pod.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
# custom:
#   id: operations/no-requests
#   severity: info
#   remedy: "write requests and limits, or a LimitRange in the namespace"
package tenon.rules.operations.no_requests

import data.tenon.lib

deny contains {"msg": msg, "path": c.path} if {
	some c in lib.containers
	c.path[count(c.path) - 1] != "stepTemplate"
	not c.container.ref
	input.kind != "StepAction" # which has no field for it
	not asks(c.container)
	not template_asks(c.path)
	msg := "containers without requests are placed anywhere and evicted first"
}

asks(container) if {
	some field in ["computeResources", "resources"]
	some list in ["requests", "limits"]
	count(container[field][list]) > 0
}

template_asks(path) if {
	some spec in lib.task_specs
	array.slice(path, 0, count(spec.path)) == spec.path
	asks(spec.spec.stepTemplate)
}
