# METADATA
# title: GPUs are asked for on one step, in whole numbers
# description: |
#   The containers of a pod ask for the sum over steps: a GPU in stepTemplate or on several steps
#   asks for several. At task level Tekton divides it by the steps, into fractions that Kubernetes
#   refuses.
# related_resources:
#   - ref: https://tekton.dev/docs/pipelines/compute-resources/
# custom:
#   id: gpu/one-step
#   severity: error
#   remedy: "put the GPU on the step that computes, with the same whole number as request and limit"
package tenon.rules.gpu.one_step

import data.tenon.lib

deny contains {"msg": msg, "path": array.concat(task.path, ["stepTemplate", "computeResources"])} if {
	some task in lib.task_specs
	lib.gpu_request(task.spec.stepTemplate)
	count(task.spec.steps) > 1
	msg := sprintf("stepTemplate gives a GPU to each of the %d steps: the pod asks for all of them", [count(task.spec.steps)])
}

deny contains {"msg": msg, "path": array.concat(task.path, ["steps", i, "computeResources"])} if {
	some task in lib.task_specs
	asking := [j | some j, step in task.spec.steps; lib.gpu_request(step)]
	count(asking) > 1
	i := asking[1]
	msg := sprintf("%d steps ask for a GPU: the pod asks for all of them at once", [count(asking)])
}

deny contains {"msg": msg, "path": array.concat(at.path, ["computeResources"])} if {
	some at in whole_tasks
	lib.gpu_request({"computeResources": at.resources})
	msg := "a GPU at task level is divided by the number of steps, which Kubernetes refuses"
}

# whole_tasks are the places where computeResources are those of a whole task.
whole_tasks contains {"path": body.path, "resources": body.spec.computeResources} if {
	some body in lib.bodies
	body.kind == "TaskRun"
}

whole_tasks contains {"path": array.concat(body.path, ["taskRunSpecs", i]), "resources": entry.computeResources} if {
	some body in lib.bodies
	body.kind == "PipelineRun"
	some i, entry in body.spec.taskRunSpecs
}
