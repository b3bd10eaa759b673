package tenon.rules.operations.control_plane_namespace_test

import data.tenon.rules.operations.control_plane_namespace

task := data.rendered.Task["env-preparation"]

test_fires_in_tekton_pipelines if {
	bad := json.patch(task, [{"op": "replace", "path": "/metadata/namespace", "value": "tekton-pipelines"}])
	found := control_plane_namespace.deny with input as bad
	{f.path | some f in found} == {["metadata", "namespace"]}
}

test_silent_as_rendered if {
	count(control_plane_namespace.deny) == 0 with input as task
}
