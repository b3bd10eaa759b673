package tenon.rules.pipeline.lost_exit_code_test

import data.tenon.rules.pipeline.lost_exit_code

task := data.rendered.Task["notebook-execution-gpu"]

with_pipe(pipe) := json.patch(task, [{"op": "replace", "path": "/tenon/scripts/0/facts/pipes", "value": [pipe]}])

test_fires_without_pipefail if {
	bad := with_pipe({"commands": ["papermill", "tee"], "pipefail": false, "line": 4})
	found := lost_exit_code.deny with input as bad
	{f.path | some f in found} == {task.tenon.scripts[0].path}
}

test_silent_with_pipefail if {
	good := with_pipe({"commands": ["papermill", "tee"], "pipefail": true, "line": 4})
	count(lost_exit_code.deny) == 0 with input as good
}

test_silent_on_pipes_of_small_tools if {
	good := with_pipe({"commands": ["git", "tr"], "pipefail": false, "line": 4})
	count(lost_exit_code.deny) == 0 with input as good
}

test_silent_as_rendered if {
	count(lost_exit_code.deny) == 0 with input as task
}
