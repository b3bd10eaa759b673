package tenon.rules.pipeline.param_in_script_test

import data.tenon.rules.pipeline.param_in_script

task := data.rendered.Task["env-preparation"]

test_fires_on_a_parameter if {
	bad := json.patch(task, [{"op": "replace", "path": "/tenon/scripts/0/text", "value": "#!/bin/sh\ngit clone $(params.repository)\n"}])
	found := param_in_script.deny with input as bad
	{f.path | some f in found} == {task.tenon.scripts[0].path}
}

test_fires_on_a_parameter_of_a_trigger_template if {
	bad := json.patch(task, [{"op": "replace", "path": "/tenon/scripts/0/text", "value": "echo $(tt.params.message)"}])
	found := param_in_script.deny with input as bad
	count(found) == 1
}

test_silent_as_rendered if {
	count(param_in_script.deny) == 0 with input as task
}

test_silent_on_paths_of_results_and_workspaces if {
	good := json.patch(task, [{"op": "replace", "path": "/tenon/scripts/0/text", "value": "echo x > $(results.commit.path); ls $(workspaces.source.path)"}])
	count(param_in_script.deny) == 0 with input as good
}

test_comments if {
	in_script("# see $(params.who)\necho x") == 0
	in_script("# see $(params.who)\necho $(params.who)") == 1
	in_script("#!$(params.who)") == 1
}

in_script(text) := n if n := count(param_in_script.deny) with input as {"tenon": {"scripts": [{"path": ["spec", "steps", 0, "script"], "text": text}]}}
