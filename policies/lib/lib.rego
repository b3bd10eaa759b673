# METADATA
# title: What several rules need to know of objects
package tenon.lib

# specs of tasks in the object, each with the path to it: a Task's own, and those that are
# embedded in pipelines and runs.
task_specs contains {"path": ["spec"], "spec": input.spec} if {
	input.kind == "Task"
}

task_specs contains {"path": path, "spec": spec} if {
	startswith(input.apiVersion, "tekton.dev/")
	input.kind != "Task"
	walk(input.spec, [below, spec])
	below[count(below) - 1] == "taskSpec"
	path := array.concat(["spec"], below)
}

# containers of the object, each with the path to it: steps and sidecars of tasks, and the
# containers of pods.
containers contains {"path": path, "container": container} if {
	walk(input, [path, container])
	is_object(container)
	count(path) > 1
	path[count(path) - 2] in {"steps", "sidecars", "containers", "initContainers", "ephemeralContainers"}
	is_number(path[count(path) - 1])
	not path[0] == "tenon"
}

containers contains {"path": path, "container": container} if {
	walk(input, [path, container])
	is_object(container)
	path[count(path) - 1] == "stepTemplate"
}

# extended_gpu tells whether a resource name is one that a GPU's device plugin offers.
extended_gpu(name) if startswith(name, "nvidia.com/gpu")

extended_gpu(name) if startswith(name, "nvidia.com/mig-")

extended_gpu(name) if name in {"amd.com/gpu", "gpu.intel.com/i915"}

# gpu_request tells whether a container asks for GPUs.
gpu_request(container) if {
	some field in ["computeResources", "resources"]
	some list in ["limits", "requests"]
	some name, _ in container[field][list]
	extended_gpu(name)
}
