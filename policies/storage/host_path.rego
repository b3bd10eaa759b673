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

deny contains {"msg": msg, "path": ["spec", "hostPath"]} if {
	input.kind == "PersistentVolume"
	msg := sprintf("PersistentVolume %s is a folder of one node (%s)", [input.metadata.name, input.spec.hostPath.path])
}

deny contains {"msg": msg, "path": array.concat(at, ["hostPath"])} if {
	walk(input.spec, [below, volume])
	count(below) > 1
	below[count(below) - 2] == "volumes"
	not volume.hostPath.path in {"/dev/shm", "/sys", "/proc", "/var/log", "/dev"}
	at := array.concat(["spec"], below)
	msg := sprintf("volume %s is a folder of the node (%s)", [volume.name, volume.hostPath.path])
}

deny contains {"msg": msg, "path": ["volumeBindingMode"]} if {
	input.kind == "StorageClass"
	input.provisioner == "kubernetes.io/no-provisioner"
	object.get(input, "volumeBindingMode", "Immediate") == "Immediate"
	msg := sprintf("class %s binds volumes that nobody makes before a pod is placed", [input.metadata.name])
}
