package tenon.rules.storage.sensitive_host_path_test

import data.tenon.rules.storage.sensitive_host_path

pod(kind, path, mount) := {"apiVersion": "v1", "kind": kind, "metadata": {"name": "a"}, "spec": {"volumes": [{"name": "v", "hostPath": {"path": path}}], "containers": [{"name": "a", "volumeMounts": [object.union({"name": "v", "mountPath": "/v"}, mount)]}]}}

fired(object) := found if found := count(sensitive_host_path.deny) with input as object

test_fires_on_a_socket if fired(pod("Pod", "/var/run/docker.sock", {"readOnly": true})) == 1

test_fires_on_a_folder if fired(pod("Pod", "/var/lib/kubelet", {})) == 1

test_silent_where_nothing_is_written if fired(pod("Pod", "/etc", {"readOnly": true})) == 0

test_silent_on_other_folders if fired(pod("Pod", "/data", {})) == 0

test_fires_however_it_is_written if {
	every path in ["/", "/.", "/./", "/etc/.", "//root//", "/etc/cron.d", "/root/.ssh", "/var", "/proc/1/root", "/var/lib/kubelet/pods"] {
		fired(pod("Pod", path, {})) == 1
	}
}

test_fires_on_the_folder_of_a_socket if fired(pod("Pod", "/run/containerd/", {"readOnly": true})) == 1

test_silent_on_what_gives_nothing if {
	every path in ["/etc/localtime", "/home/ci/cache", "/var/log", "/var/lib/data", "/usr/share/zoneinfo", "/run/udev", "/sys/class"] {
		fired(pod("Pod", path, {})) == 0
	}
}
