package tenon.rules.pipeline.ignored_failure_test

import data.tenon.rules.pipeline.ignored_failure

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "add", "path": "/tenon/scripts/0/facts/ignored/-", "value": {"command": "pytest", "by": "true", "line": 3}}])
	found := ignored_failure.deny with input as bad
	{f.path | some f in found} == {["spec", "steps", 0, "script"]}
}

test_silent_as_rendered if {
	count(ignored_failure.deny) == 0 with input as object_under_test
}

# Further forms.

test_fires_on_allowed_errors if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/tenon/scripts", "value": [{"container": ["spec", "steps", 0], "path": ["spec", "steps", 0, "script"], "text": "", "facts": {"commands": [{"name": "jupyter", "args": ["nbconvert", "--allow-errors"], "line": 1}], "assignments": [], "ignored": [], "pipes": [], "captures": []}}]}])
	found := ignored_failure.deny with input as object
	count(found) == 1
}

test_fires_on_a_trap if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/tenon/scripts", "value": [{"container": ["spec", "steps", 0], "path": ["spec", "steps", 0, "script"], "text": "", "facts": {"commands": [{"name": "trap", "args": ["exit 0", "EXIT"], "line": 1}], "assignments": [], "ignored": [], "pipes": [], "captures": []}}]}])
	found := ignored_failure.deny with input as object
	count(found) == 1
}

test_fires_on_python if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/tenon/scripts", "value": [{"container": ["spec", "steps", 0], "path": ["spec", "steps", 0, "script"], "text": "subprocess.run([\"pytest\"])", "facts": {"commands": [], "assignments": [], "ignored": [], "pipes": [], "captures": []}}]}])
	found := ignored_failure.deny with input as object
	count(found) == 1
}

test_fires_on_continue if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/spec/steps", "value": [{"name": "a", "onError": "continue"}]}, {"op": "replace", "path": "/tenon/scripts", "value": [{"container": ["spec", "steps", 0], "path": ["spec", "steps", 0, "script"], "text": "", "facts": {"commands": [{"name": "pytest", "args": [], "line": 1}], "assignments": [], "ignored": [], "pipes": [], "captures": []}}]}])
	found := ignored_failure.deny with input as object
	count(found) == 1
}

step_that_goes_on(more) := n if n := count(ignored_failure.deny) with input as {
	"kind": "Task", "apiVersion": "tekton.dev/v1",
	"spec": {"steps": [{"name": "s", "onError": "continue", "script": "pytest"}, {"name": "t", "script": more}]},
	"tenon": {"scripts": [{"container": ["spec", "steps", 0], "path": ["spec", "steps", 0, "script"], "text": "pytest", "facts": {"commands": [{"name": "pytest", "args": []}]}}]},
}

test_exit_code_that_is_read if {
	step_that_goes_on("true") == 1
	step_that_goes_on("exit $(cat $(steps.step-s.exitCode.path))") == 0
	step_that_goes_on("cat /tekton/steps/step-s/exitCode") == 0
}
