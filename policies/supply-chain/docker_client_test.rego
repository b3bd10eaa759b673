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

# Further forms.

test_silent_beside_an_engine if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/tenon/scripts", "value": [{"container": ["spec", "steps", 0], "path": ["spec", "steps", 0, "script"], "text": "docker ps", "facts": {"commands": [{"name": "docker", "args": ["ps"], "line": 1}], "assignments": [], "ignored": [], "pipes": [], "captures": []}}]}, {"op": "add", "path": "/spec/sidecars", "value": [{"name": "d", "image": "docker:dind"}]}])
	found := docker_client.deny with input as object
	count(found) == 0
}

test_silent_with_a_host if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/tenon/scripts", "value": [{"container": ["spec", "steps", 0], "path": ["spec", "steps", 0, "script"], "text": "docker ps", "facts": {"commands": [{"name": "docker", "args": ["ps"], "line": 1}], "assignments": [], "ignored": [], "pipes": [], "captures": []}}]}, {"op": "replace", "path": "/spec/steps/0/env", "value": [{"name": "DOCKER_HOST", "value": "tcp://x"}]}])
	found := docker_client.deny with input as object
	count(found) == 0
}

test_silent_with_a_socket if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/tenon/scripts", "value": [{"container": ["spec", "steps", 0], "path": ["spec", "steps", 0, "script"], "text": "docker ps", "facts": {"commands": [{"name": "docker", "args": ["ps"], "line": 1}], "assignments": [], "ignored": [], "pipes": [], "captures": []}}]}, {"op": "add", "path": "/spec/volumes", "value": [{"name": "s", "hostPath": {"path": "/var/run/docker.sock"}}]}])
	found := docker_client.deny with input as object
	count(found) == 0
}

test_silent_on_a_login if {
	every args in [["login", "ghcr.io", "-u", "x"], ["--config", "logout"], ["--version"]] {
		object := json.patch(task, [{"op": "add", "path": "/tenon/scripts/0/facts/commands/-", "value": {"name": "docker", "args": args, "line": 2}}])
		count(docker_client.deny) == 0 with input as object
	}
}
