# METADATA
# title: Steps leave the choice of GPUs to the device plugin
# description: |
#   NVIDIA_VISIBLE_DEVICES set by a pod wins over the device plugin's, so that it sees every GPU of
#   the node. CUDA_VISIBLE_DEVICES takes indices or UUIDs; anything else, such as all, hides every
#   GPU from CUDA while nvidia-smi still shows them.
# related_resources:
#   - ref: https://github.com/NVIDIA/k8s-device-plugin
#   - ref: https://docs.nvidia.com/cuda/cuda-c-programming-guide/#cuda-environment-variables
# custom:
#   id: gpu/visible-devices
#   severity: error
#   remedy: "remove the variable: the device plugin sets what was given"
package tenon.rules.gpu.visible_devices

import data.tenon.lib

deny contains {"msg": msg, "path": array.concat(c.path, ["env", i])} if {
	some c in lib.containers
	some i, variable in c.container.env
	variable.name == "NVIDIA_VISIBLE_DEVICES"
	not variable.value in {"void", "none"}
	not is_plugin
	msg := "NVIDIA_VISIBLE_DEVICES overrides what the device plugin gives the container"
}

deny contains {"msg": msg, "path": array.concat(c.path, ["env", i])} if {
	some c in lib.containers
	some i, variable in c.container.env
	variable.name == "CUDA_VISIBLE_DEVICES"
	not devices(variable.value)
	msg := sprintf("CUDA_VISIBLE_DEVICES is %q, which hides every GPU from CUDA", [variable.value])
}

deny contains {"msg": msg, "path": script.path, "line": assignment.line} if {
	some script in input.tenon.scripts
	some assignment in script.facts.assignments
	assignment.name == "CUDA_VISIBLE_DEVICES"
	not devices(assignment.value)
	msg := sprintf("line %d of the script sets CUDA_VISIBLE_DEVICES to %s, which can hide every GPU from CUDA", [assignment.line, assignment.value])
}

deny contains {"msg": msg, "path": array.concat(pod.path, ["env", i])} if {
	some pod in lib.pod_specs
	some i, variable in pod.spec.env
	variable.name in {"NVIDIA_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES"}
	not variable.value in {"void", "none"}
	msg := sprintf("%s is set for every container of the pod", [variable.name])
}

deny contains {"msg": msg, "path": ["data", name]} if {
	input.kind == "ConfigMap"
	some name in ["NVIDIA_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES"]
	value := input.data[name]
	not devices(value)
	msg := sprintf("%s is %q for whoever takes its environment from the ConfigMap", [name, value])
}

# The device plugin and its companions look at every GPU of the node: they are what gives them to others.
is_plugin if {
	some volume in lib.volumes
	startswith(volume.volume.hostPath.path, "/var/lib/kubelet/device-plugins")
}

is_plugin if {
	some c in lib.containers
	regex.match(`(^|/)(nvidia/)?(k8s-device-plugin|gpu-feature-discovery|dcgm-exporter|k8s-mig-manager|k8s-dra-driver-gpu|gpu-operator-validator|container-toolkit)([:@]|$)`, c.container.image)
}

# What Python sets, or a script writes for others to read.
deny contains {"msg": msg, "path": script.path, "text": found[0]} if {
	some script in input.tenon.scripts
	some found in regex.find_all_string_submatch_n(`CUDA_VISIBLE_DEVICES['"]?\]?\s*[=,]\s*['"]?([A-Za-z][A-Za-z0-9,_-]*)`, script.text, -1)
	not devices(found[1])
	not assigned(script)
	msg := sprintf("CUDA_VISIBLE_DEVICES becomes %s, which can hide every GPU from CUDA", [found[1]])
}

# assigned scripts are told of at the line of the assignment.
assigned(script) if {
	some assignment in script.facts.assignments
	assignment.name == "CUDA_VISIBLE_DEVICES"
}

devices(text) if regex.match(`^(([0-9]+|GPU-[0-9a-f-]+|MIG-[0-9a-f-]+)(,([0-9]+|GPU-[0-9a-f-]+|MIG-[0-9a-f-]+))*)?$`, text)
