# METADATA
# title: No pod has the node by a folder of it
# description: |
#   Who writes to the container runtime's socket, or to the kubelet's or the system's folders, is root on the node, and with it has the
#   tokens of all pods there. What a DaemonSet states is a part of the node.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/storage/volumes/#hostpath
# custom:
#   id: storage/sensitive-host-path
#   severity: error
#   remedy: "ask the API server, mount the one file that is needed with readOnly, or do it in a DaemonSet"
package tenon.rules.storage.sensitive_host_path

import data.tenon.lib

sockets := `^(/var)?/run(/.*\.sock(et)?|/(docker|containerd|crio|podman)(/.*)?)?$`

# These themselves: what lies below most of them gives nothing.
folders := `^/(etc|root|home|proc|sys|dev|boot|usr|bin|sbin|lib|lib64|var|var/lib)?$`

# By these, and all below them, programs are run as root.
trees := `^/(etc/(kubernetes|cron[^/]*|systemd|ssh|pam\.d|sudoers[^/]*|init\.d|profile\.d|ld\.so[^/]*)|root/\.[^/]+|proc|boot|s?bin|usr/(local/)?s?bin|var/lib/(kubelet|docker|containerd|etcd|rancher)|var/spool/cron)(/.*)?$`

deny contains {"msg": msg, "path": array.concat(v.path, ["hostPath", "path"])} if {
	some v in lib.volumes
	input.kind != "DaemonSet"
	regex.match(sockets, clean(v.volume.hostPath.path))
	msg := sprintf("volume %s is the socket of the container runtime (%s): the pod is root on the node", [v.volume.name, v.volume.hostPath.path])
}

deny contains {"msg": msg, "path": array.concat(v.path, ["hostPath", "path"])} if {
	some v in lib.volumes
	input.kind != "DaemonSet"
	path := clean(v.volume.hostPath.path)
	some places in [folders, trees]
	regex.match(places, path)
	written(v.volume.name)
	msg := sprintf("volume %s is a folder by which the pod is root on the node (%s)", [v.volume.name, v.volume.hostPath.path])
}

# clean is a path without what means nothing in it; .. no server takes.
clean(path) := concat("", ["/", concat("/", [part | some part in split(path, "/"); not part in {"", "."}])])

written(name) if {
	some c in lib.containers
	some mount in c.container.volumeMounts
	mount.name == name
	not mount.readOnly
}
