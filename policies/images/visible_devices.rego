# METADATA
# title: Images leave the choice of GPUs to the device plugin
# description: |
#   NVIDIA_VISIBLE_DEVICES=all in an image gives every pod of it all GPUs of its node, also pods that asked for none.
# related_resources:
#   - ref: https://github.com/NVIDIA/k8s-device-plugin/issues/61
# custom:
#   id: images/visible-devices
#   severity: error
#   remedy: "leave it unset: the device plugin sets it for pods that ask for GPUs"
package tenon.rules.images.visible_devices

deny contains {"msg": msg, "path": d.path, "text": "NVIDIA_VISIBLE_DEVICES"} if {
	some d in input.tenon.dockerfiles
	some stage in d.facts.stages
	value := stage.env.NVIDIA_VISIBLE_DEVICES
	not value in {"void", "none", ""}
	msg := sprintf("the image sets NVIDIA_VISIBLE_DEVICES to %s", [value])
}
