package tenon.rules.secrets.url_variable_test

import data.tenon.rules.secrets.url_variable

task := data.rendered.Task["env-preparation"]

with_text(text) := json.patch(task, [{"op": "replace", "path": "/tenon/scripts/0/text", "value": text}])

test_fires_on_a_token if {
	found := url_variable.deny with input as with_text("git clone https://${GITHUB_TOKEN}@github.com/a/b")
	{f.path | some f in found} == {task.tenon.scripts[0].path}
}

test_fires_on_a_password if {
	found := url_variable.deny with input as with_text("git push https://git:$(params.TOKEN)@github.com/a/b")
	count(found) == 1
}

test_silent_on_plain_urls if {
	count(url_variable.deny) == 0 with input as with_text("git clone https://github.com/a/b; echo me@example.com; curl https://$HOST:8443/")
}

test_silent_as_rendered if {
	count(url_variable.deny) == 0 with input as task
}
