# METADATA
# title: A step that uses a GPU asks for one
# description: |
#   Without a request the scheduler places the pod anywhere, and the runtime either hides all GPUs
#   or, because CUDA images ask for all, shows those of others.
# related_resources:
#   - ref: https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/
# custom:
#   id: gpu/not-requested
#   severity: error
#   remedy: "request the GPU resource of the pool on that step"
package tenon.rules.gpu.not_requested

import data.tenon.lib

deny contains {"msg": msg, "path": array.concat(script.container, ["computeResources"])} if {
	startswith(input.apiVersion, "tekton.dev/")
	some script in input.tenon.scripts
	container := object.get(input, script.container, null) # looked up, not searched for: there may be thousands
	{"path": script.container, "container": container} in lib.containers
	some use in uses(script, object.get(container, "image", ""))
	not lib.gpu_request(container)
	not claims(container)
	not template_asks(script.container)
	msg := sprintf("step %s uses the GPU (%s) and asks for none", [object.get(container, "name", "?"), use])
}

uses(script, image) := ({name |
	some command in script.facts.commands
	name := command.name
	name in {"nvidia-smi", "dcgmi", "nsys", "ncu"}
} | {name |
	some name in ["cupy", "cudf", "cuml", "cugraph", "rmm", "rapids_singlecell"]
	regex.match(sprintf(`(^|\n)\s*(import|from)\s+%s\b`, [name]), script.text)
}) | notebooks(script, image)

notebooks(script, image) := {command.name |
	some command in script.facts.commands
	command.name in {"papermill", "jupyter", "nvcc"}
	regex.match(`rapids|cuda|nvidia|pytorch|tensorflow.*gpu`, image)
}

template_asks(path) if {
	some spec in lib.task_specs
	array.slice(path, 0, count(spec.path)) == spec.path
	lib.gpu_request(spec.spec.stepTemplate)
}

# claims: it asks by dynamic resource allocation, which types/pod judges.
claims(container) if count(object.get(container, ["computeResources", "claims"], [])) > 0
