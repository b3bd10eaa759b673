package tenon.rules.supply_chain.piped_installer_test

import data.tenon.rules.supply_chain.piped_installer

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "add", "path": "/tenon/scripts/0/facts/pipes/-", "value": {"commands": ["curl", "python3"], "runs": ["python3"], "pipefail": true, "line": 2}}])
	found := piped_installer.deny with input as bad
	{f.path | some f in found} == {["spec", "steps", 0, "script"]}
}

test_silent_as_rendered if {
	count(piped_installer.deny) == 0 with input as object_under_test
}

# Further forms.

test_fires_on_kubectl if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/tenon/scripts", "value": [{"container": ["spec", "steps", 0], "path": ["spec", "steps", 0, "script"], "text": "", "facts": {"commands": [{"name": "kubectl", "args": ["apply", "-f", "https://x.example.com/latest/release.yaml"], "line": 1}], "assignments": [], "ignored": [], "pipes": [], "captures": []}}]}])
	found := piped_installer.deny with input as object
	count(found) == 1
}
