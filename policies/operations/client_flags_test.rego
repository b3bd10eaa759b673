package tenon.rules.operations.client_flags_test

import data.tenon.rules.operations.client_flags

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "add", "path": "/tenon/scripts/0/facts/commands/-", "value": {"name": "kubectl", "args": ["delete", "pvc", "--field-selector=status.phase=Available"], "line": 2}}])
	found := client_flags.deny with input as bad
	{f.path | some f in found} == {["spec", "steps", 0, "script"]}
}

test_silent_as_rendered if {
	count(client_flags.deny) == 0 with input as object_under_test
}

# Further forms.

# kubectl takes it for client (GetDryRunStrategy of k8s.io/kubectl, pkg/cmd/util/helpers.go).
test_silent_on_a_bare_dry_run if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/tenon/scripts/0/facts/commands", "value": [{"name": "kubectl", "args": ["apply", "--dry-run", "-f", "x"], "line": 2}]}])
	found := client_flags.deny with input as object
	count(found) == 0
}

# tkn takes it for all (pkg/cmd/pipelinerun/delete.go of tektoncd/cli).
test_silent_on_keep_without_all if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/tenon/scripts/0/facts/commands", "value": [{"name": "tkn", "args": ["pr", "delete", "--keep", "7", "-f"], "line": 2}]}])
	found := client_flags.deny with input as object
	count(found) == 0
}

test_fires_on_a_selector_of_its_own_word if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/tenon/scripts/0/facts/commands", "value": [{"name": "kubectl", "args": ["get", "cm", "--field-selector", "status.phase=x"], "line": 2}]}])
	found := client_flags.deny with input as object
	count(found) == 1
}

test_fires_on_provenance_that_is_switched_off if {
	every arg in ["attest:provenance=disabled=true", "--opt=attest:provenance=false"] {
		object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/tenon/scripts/0/facts/commands", "value": [{"name": "buildctl-daemonless.sh", "args": ["build", "--opt", arg], "line": 2}]}])
		found := client_flags.deny with input as object
		count(found) == 1
	}
}

test_silent_on_provenance_that_is_wanted if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/tenon/scripts/0/facts/commands", "value": [{"name": "buildctl", "args": ["build", "--opt", "attest:provenance=mode=max"], "line": 2}]}])
	found := client_flags.deny with input as object
	count(found) == 0
}
