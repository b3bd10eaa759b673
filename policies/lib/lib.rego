# METADATA
# title: What several rules need to know of objects
package tenon.lib

# bodies are the specs that an object holds: its own, and those that a TriggerTemplate makes, each
# with its kind and the path to it. Naming the places is much cheaper than walking the object.
bodies contains {"path": ["spec"], "kind": input.kind, "spec": input.spec} if is_object(input.spec)

bodies contains {"path": ["spec", "resourcetemplates", i, "spec"], "kind": template.kind, "spec": template.spec} if {
	input.kind == "TriggerTemplate"
	some i, template in input.spec.resourcetemplates
	is_object(template.spec)
}

# pipelines in the object, each with the path to it: a Pipeline's own, and those of runs.
pipelines contains {"path": body.path, "spec": body.spec} if {
	some body in bodies
	body.kind == "Pipeline"
}

pipelines contains {"path": array.concat(body.path, ["pipelineSpec"]), "spec": body.spec.pipelineSpec} if {
	some body in bodies
	body.kind == "PipelineRun"
}

# specs of tasks in the object, each with the path to it: a Task's own, and those that are
# embedded in pipelines and runs.
task_specs contains {"path": body.path, "spec": body.spec} if {
	some body in bodies
	body.kind in {"Task", "ClusterTask"}
}

task_specs contains {"path": array.concat(body.path, ["taskSpec"]), "spec": body.spec.taskSpec} if {
	some body in bodies
	body.kind == "TaskRun"
}

task_specs contains {"path": array.concat(pipeline.path, [list, i, "taskSpec"]), "spec": task.taskSpec} if {
	some pipeline in pipelines
	some list in ["tasks", "finally"]
	some i, task in pipeline.spec[list]
	is_object(task.taskSpec)
}

# pod_specs are the pods of workloads and the pod templates of runs, each with the path to it.
pod_specs contains {"path": path, "spec": spec} if {
	some path in pod_paths[input.kind]
	spec := object.get(input, path, null)
	is_object(spec)
}

# Custom resources that make pods hold templates of them: PyTorchJob, JobSet, RayJob and others.
pod_specs contains {"path": template.path, "spec": template.spec} if some template in input.tenon.templates

pod_specs contains {"path": array.concat(body.path, path), "spec": spec} if {
	some body in bodies
	body.kind in {"PipelineRun", "TaskRun"}
	some path in [["podTemplate"], ["taskRunTemplate", "podTemplate"]]
	spec := object.get(body.spec, path, null)
	is_object(spec)
}

pod_specs contains {"path": array.concat(body.path, ["taskRunSpecs", i, field]), "spec": entry[field]} if {
	some body in bodies
	body.kind == "PipelineRun"
	some i, entry in body.spec.taskRunSpecs
	some field in ["podTemplate", "taskPodTemplate"]
	is_object(entry[field])
}

pod_paths := {
	"Pod": [["spec"]],
	"Deployment": [["spec", "template", "spec"]],
	"DaemonSet": [["spec", "template", "spec"]],
	"StatefulSet": [["spec", "template", "spec"]],
	"ReplicaSet": [["spec", "template", "spec"]],
	"ReplicationController": [["spec", "template", "spec"]],
	"Job": [["spec", "template", "spec"]],
	"CronJob": [["spec", "jobTemplate", "spec", "template", "spec"]],
	"PodTemplate": [["template", "spec"]],
	"EventListener": [["spec", "resources", "kubernetesResource", "spec", "template", "spec"]],
}

# containers of the object, each with the path to it: steps, sidecars and the stepTemplate of
# tasks, and the containers of pods.
containers contains {"path": array.concat(task.path, [list, i]), "container": container} if {
	some task in task_specs
	some list in ["steps", "sidecars"]
	some i, container in task.spec[list]
	is_object(container)
}

containers contains {"path": array.concat(task.path, ["stepTemplate"]), "container": task.spec.stepTemplate} if {
	some task in task_specs
	is_object(task.spec.stepTemplate)
}

containers contains {"path": array.concat(pod.path, [list, i]), "container": container} if {
	some pod in pod_specs
	some list in ["containers", "initContainers", "ephemeralContainers"]
	some i, container in pod.spec[list]
	is_object(container)
}

containers contains {"path": ["spec"], "container": object.union({"name": object.get(input, ["metadata", "name"], "?")}, input.spec)} if input.kind == "StepAction"

# volumes of the object, each with the path to it.
volumes contains {"path": array.concat(holder.path, ["volumes", i]), "volume": volume} if {
	some holder in (task_specs | pod_specs)
	some i, volume in holder.spec.volumes
}

# extended_gpu tells whether a resource name is one that a GPU's device plugin offers.
extended_gpu(name) if startswith(name, "nvidia.com/gpu")

extended_gpu(name) if startswith(name, "nvidia.com/mig-")

# What NVIDIA's driver of dynamic resource allocation offers, asked for as an extended resource
# (https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/#extended-resource).
extended_gpu(name) if name in {"deviceclass.resource.kubernetes.io/gpu.nvidia.com", "deviceclass.resource.kubernetes.io/mig.nvidia.com"}

extended_gpu(name) if name in {"amd.com/gpu", "gpu.intel.com/i915"}

# gpu_request tells whether a container asks for GPUs.
gpu_request(container) if {
	some field in ["computeResources", "resources"]
	some list in ["limits", "requests"]
	some name, _ in container[field][list]
	extended_gpu(name)
}

# Values of a Secret that stand for one in examples, and that everybody guesses.
guessable(list, value) if regex.match(common_value, plain_value(list, value))

common_value := `(?i)^\s*(0?123456?7?8?9?0?|0{4,}|1{4,}|a?bcdef?|(test|dummy|example|fake)[-_ ]?(password|secret|token|key)?|changeme|change[-_ ]me|foo(bar)?|bar|placeholder)\s*$`

plain_value("stringData", value) := value

plain_value("data", value) := base64.decode(value) if base64.is_valid(value)
