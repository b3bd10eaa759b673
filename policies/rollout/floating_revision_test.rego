package tenon.rules.rollout.floating_revision_test

import data.tenon.rules.rollout.floating_revision

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "replace", "path": "/kind", "value": "Application"}, {"op": "replace", "path": "/spec", "value": {"source": {"repoURL": "https://charts.example.com", "chart": "x", "targetRevision": "*"}}}])
	found := floating_revision.deny with input as bad
	{f.path | some f in found} == {["spec", "source", "targetRevision"]}
}

test_silent_as_rendered if {
	count(floating_revision.deny) == 0 with input as object_under_test
}

# Further forms.

test_fires_on_head if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/kind", "value": "Application"}, {"op": "replace", "path": "/spec", "value": {"source": {"repoURL": "https://git.example.com/x"}}}])
	found := floating_revision.deny with input as object
	count(found) == 1
}

test_fires_on_nothing if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/kind", "value": "Application"}, {"op": "replace", "path": "/spec", "value": {"source": {"repoURL": "https://git.example.com/x", "targetRevision": ""}}}])
	found := floating_revision.deny with input as object
	count(found) == 1
}
