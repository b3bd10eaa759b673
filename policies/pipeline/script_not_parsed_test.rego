package tenon.rules.pipeline.script_not_parsed_test

import data.tenon.rules.pipeline.script_not_parsed

task := data.rendered.Task["env-preparation"]

test_fires_on_a_parse_error if {
	bad := json.patch(task, [{"op": "add", "path": "/tenon/scripts/0/facts/parseError", "value": "2:1: unclosed if"}])
	found := script_not_parsed.deny with input as bad
	{f.path | some f in found} == {task.tenon.scripts[0].path}
}

test_silent_as_rendered if {
	count(script_not_parsed.deny) == 0 with input as task
}
