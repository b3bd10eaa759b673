package tenon.rules.storage.sensitive_host_path_test

import data.tenon.rules.storage.sensitive_host_path

pod(kind, path, mount) := {"apiVersion": "v1", "kind": kind, "metadata": {"name": "a"}, "spec": {"volumes": [{"name": "v", "hostPath": {"path": path}}], "containers": [{"name": "a", "volumeMounts": [object.union({"name": "v", "mountPath": "/v"}, mount)]}]}}

fired(object) := found if found := count(sensitive_host_path.deny) with input as object

test_fires_on_a_socket if fired(pod("Pod", "/var/run/docker.sock", {"readOnly": true})) == 1

test_fires_on_a_folder if fired(pod("Pod", "/var/lib/kubelet", {})) == 1

test_silent_where_nothing_is_written if fired(pod("Pod", "/etc", {"readOnly": true})) == 0

test_silent_on_other_folders if fired(pod("Pod", "/data", {})) == 0
