package tenon.rules.pipeline.bash_in_sh_test

import data.tenon.rules.pipeline.bash_in_sh

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "add", "path": "/tenon/scripts/0/facts/bash", "value": "1:1: arrays"}])
	found := bash_in_sh.deny with input as bad
	{f.path | some f in found} == {["spec", "steps", 0, "script"]}
}

test_silent_as_rendered if {
	count(bash_in_sh.deny) == 0 with input as object_under_test
}

test_silent_where_sh_is_bash if {
	every image in ["registry.access.redhat.com/ubi9/ubi-minimal:9.4", "quay.io/fedora/fedora@sha256:11", "centos:7", "registry.redhat.io/ubi8/python-39"] {
		other := json.patch(object_under_test, [{"op": "add", "path": "/tenon/scripts/0/facts/bash", "value": "1:1: arrays"}, {"op": "replace", "path": "/spec/steps/0/image", "value": image}])
		count(bash_in_sh.deny) == 0 with input as other
	}
}

test_fires_on_a_name_like_it if {
	other := json.patch(object_under_test, [{"op": "add", "path": "/tenon/scripts/0/facts/bash", "value": "1:1: arrays"}, {"op": "replace", "path": "/spec/steps/0/image", "value": "ghcr.io/x/fedora-tools:1"}])
	count(bash_in_sh.deny) == 1 with input as other
}
