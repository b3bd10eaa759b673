# METADATA
# title: Data does not live on a node
# description: |
#   A hostPath volume binds its pods to one node, is lost with it, and ignores fsGroup. In a
#   temporary folder it is gone after a reboot.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/storage/volumes/#hostpath
# custom:
#   id: storage/host-path
#   severity: warning
#   remedy: "use a StorageClass with a CSI driver"
package tenon.rules.storage.host_path

import data.tenon.lib

deny contains {"msg": msg, "path": ["spec", "hostPath"]} if {
	input.kind == "PersistentVolume"
	msg := sprintf("PersistentVolume %s is a folder of one node (%s)", [input.metadata.name, input.spec.hostPath.path])
}

deny contains {"msg": msg, "path": array.concat(v.path, ["hostPath"])} if {
	some v in lib.volumes
	v.volume.hostPath
	not v.volume.hostPath.path in {"/dev/shm", "/sys", "/proc", "/dev"}
	msg := sprintf("volume %s is a folder of the node (%s)", [v.volume.name, v.volume.hostPath.path])
}

deny contains {"msg": msg, "path": ["volumeBindingMode"]} if {
	input.kind == "StorageClass"
	input.provisioner == "kubernetes.io/no-provisioner"
	object.get(input, "volumeBindingMode", "Immediate") == "Immediate"
	msg := sprintf("class %s binds volumes that nobody makes before a pod is placed", [input.metadata.name])
}
