package tenon.rules.supply_chain.docker_client_test

import data.tenon.rules.supply_chain.docker_client

task := data.rendered.Task["env-preparation"]

test_fires_on_docker_pull if {
	bad := json.patch(task, [{"op": "add", "path": "/tenon/scripts/0/facts/commands/-", "value": {"name": "docker", "args": ["pull", "x"], "line": 2}}])
	found := docker_client.deny with input as bad
	{f.path | some f in found} == {task.tenon.scripts[0].path}
}

test_silent_as_rendered if {
	count(docker_client.deny) == 0 with input as task
}
