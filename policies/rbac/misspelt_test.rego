package tenon.rules.rbac.misspelt_test

import data.tenon.rules.rbac.misspelt

object_under_test := data.rendered.Role["run-pruner"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "replace", "path": "/rules", "value": [{"apiGroups": ["tekton.dev"], "resources": ["pipelinerun"], "verbs": ["get"]}]}])
	found := misspelt.deny with input as bad
	{f.path | some f in found} == {["rules", 0, "resources", 0]}
}

test_silent_as_rendered if {
	count(misspelt.deny) == 0 with input as object_under_test
}

# Further forms.

test_fires_on_a_verb if {
	object := json.patch(data.rendered.Role["run-pruner"], [{"op": "replace", "path": "/rules", "value": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["lists"]}]}])
	found := misspelt.deny with input as object
	count(found) == 1
}

test_fires_on_a_group if {
	object := json.patch(data.rendered.Role["run-pruner"], [{"op": "replace", "path": "/rules", "value": [{"apiGroups": ["tekton"], "resources": ["pods"], "verbs": ["get"]}]}])
	found := misspelt.deny with input as object
	count(found) == 1
}

test_fires_on_a_version if {
	object := json.patch(data.rendered.Role["run-pruner"], [{"op": "replace", "path": "/rules", "value": [{"apiGroups": ["tekton.dev/v1"], "resources": ["pods"], "verbs": ["get"]}]}])
	found := misspelt.deny with input as object
	count(found) == 1
}

test_fires_on_capitals if {
	object := json.patch(data.rendered.Role["run-pruner"], [{"op": "replace", "path": "/rules", "value": [{"apiGroups": ["tekton.dev"], "resources": ["pipelineRuns"], "verbs": ["get"]}]}])
	found := misspelt.deny with input as object
	count(found) == 1
}

resources_of(group, names) := found if found := {f.path[3] | some f in misspelt.deny} with input as {"kind": "Role", "rules": [{"apiGroups": [group], "resources": names, "verbs": ["get"]}]}

test_unknown_resource if {
	resources_of("tekton.dev", ["taskrunz", "taskruns", "clustertasks", "*", "deployments"]) == {0}
	resources_of("batch", ["cronjobz", "jobs/status"]) == {0}
	resources_of("example.com", ["things"]) == set()
}
