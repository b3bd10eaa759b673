package tenon.rules.rollout.default_project_test

import data.tenon.rules.rollout.default_project

object_under_test := data.rendered.Task["env-preparation"]

application(kind, spec) := json.patch(object_under_test, [
	{"op": "replace", "path": "/apiVersion", "value": "argoproj.io/v1alpha1"},
	{"op": "replace", "path": "/kind", "value": kind},
	{"op": "replace", "path": "/spec", "value": spec},
])

test_fires if {
	found := default_project.deny with input as application("Application", {"project": "default"})
	{f.path | some f in found} == {["spec", "project"]}
}

test_fires_on_what_a_set_makes if {
	found := default_project.deny with input as application("ApplicationSet", {"template": {"spec": {"project": "default"}}})
	{f.path | some f in found} == {["spec", "template", "spec", "project"]}
}

test_silent_as_rendered if {
	count(default_project.deny) == 0 with input as object_under_test
}

test_silent_with_a_project if {
	count(default_project.deny) == 0 with input as application("Application", {"project": "notebooks"})
}
