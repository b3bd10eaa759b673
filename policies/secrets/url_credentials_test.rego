package tenon.rules.secrets.url_credentials_test

import data.tenon.rules.secrets.url_credentials

task := data.rendered.Task["env-preparation"]

with_text(text) := json.patch(task, [{"op": "replace", "path": "/tenon/scripts/0/text", "value": text}])

test_fires_on_a_password if {
	found := url_credentials.deny with input as with_text("curl https://user:hunter2@example.com/")
	count(found) == 1
}

test_silent_on_plain_urls if {
	count(url_credentials.deny) == 0 with input as with_text("git clone https://github.com/a/b; echo me@example.com; curl https://x:8443/; git clone https://git:$TOKEN@x/a")
}

test_silent_as_rendered if {
	count(url_credentials.deny) == 0 with input as task
}
