package tenon.rules.secrets.literal_test

import data.tenon.rules.secrets.literal

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "replace", "path": "/spec/steps/0/env", "value": [{"name": "API_TOKEN", "value": "abcdef012345"}]}])
	found := literal.deny with input as bad
	{f.path | some f in found} == {["spec", "steps", 0, "env", 0, "value"]}
}

test_silent_as_rendered if {
	count(literal.deny) == 0 with input as object_under_test
}

# Further forms.

test_fires_in_a_config_map if {
	object := json.patch(data.rendered.ConfigMap.dashboard, [{"op": "replace", "path": "/data", "value": {"key.pem": "-----BEGIN RSA PRIVATE KEY-----\n"}}])
	found := literal.deny with input as object
	count(found) == 1
}

test_fires_in_a_setting if {
	object := json.patch(data.rendered.ConfigMap.dashboard, [{"op": "replace", "path": "/data", "value": {"grafana.ini": "admin_password = hunter22\n"}}])
	found := literal.deny with input as object
	count(found) == 1
}

test_fires_in_a_script if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/tenon/scripts", "value": [{"container": ["spec", "steps", 0], "path": ["spec", "steps", 0, "script"], "text": "curl -H ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "facts": {"commands": [], "assignments": [], "ignored": [], "pipes": [], "captures": []}}]}])
	found := literal.deny with input as object
	count(found) == 1
}

test_fires_in_a_url if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/spec/steps/0/env", "value": [{"name": "DB", "value": "postgres://ci:hunter2@db/r"}]}])
	found := literal.deny with input as object
	count(found) == 1
}

test_fires_on_curl if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/tenon/scripts", "value": [{"container": ["spec", "steps", 0], "path": ["spec", "steps", 0, "script"], "text": "", "facts": {"commands": [{"name": "curl", "args": ["-u", "admin:operator", "x"], "line": 1}], "assignments": [], "ignored": [], "pipes": [], "captures": []}}]}])
	found := literal.deny with input as object
	count(found) == 1
}

test_fires_on_a_flag if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/tenon/scripts", "value": [{"container": ["spec", "steps", 0], "path": ["spec", "steps", 0, "script"], "text": "", "facts": {"commands": [{"name": "grafana", "args": ["--password=admin123"], "line": 1}], "assignments": [], "ignored": [], "pipes": [], "captures": []}}]}])
	found := literal.deny with input as object
	count(found) == 1
}

test_fires_on_a_literal if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/tenon/scripts", "value": [{"container": ["spec", "steps", 0], "path": ["spec", "steps", 0, "script"], "text": "", "facts": {"commands": [{"name": "kubectl", "args": ["create", "secret", "--from-literal=token=abcdef"], "line": 1}], "assignments": [], "ignored": [], "pipes": [], "captures": []}}]}])
	found := literal.deny with input as object
	count(found) == 1
}

test_fires_on_a_login if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/tenon/scripts", "value": [{"container": ["spec", "steps", 0], "path": ["spec", "steps", 0, "script"], "text": "", "facts": {"commands": [{"name": "docker", "args": ["login", "-p", "Passw0rd"], "line": 1}], "assignments": [], "ignored": [], "pipes": [], "captures": []}}]}])
	found := literal.deny with input as object
	count(found) == 1
}

test_fires_in_an_annotation if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "add", "path": "/metadata/annotations", "value": {"note": "AKIAAAAAAAAAAAAAAAAA"}}])
	found := literal.deny with input as object
	count(found) == 1
}

test_fires_on_tokens_of_well_known_services if {
	long := "a1B2a1B2a1B2a1B2a1B2a1B2a1B2a1B2a1B2"
	every token in [concat("", ["npm_", long]), concat("", ["dckr_pat_", long]), concat("", ["SG.", long, ".", long]), concat("", ["hvs.", long]), concat("", ["glrt-", substring(long, 0, 20)])] {
		object := {"kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"a": concat(" ", ["x", token])}}
		count(literal.deny) > 0 with input as object
	}
}

test_fires_on_values_of_variables_and_settings if {
	every value in ["AKIAAAAAAAAAAAAAAAAA", "postgres://user:pa55word@db/x"] {
		pod := {"kind": "Pod", "spec": {"containers": [{"name": "a", "env": [{"name": "A", "value": "x"}, {"name": "B", "value": value}]}]}}
		found := literal.deny with input as pod
		{v.path | some v in found} == {["spec", "containers", 0, "env", 1, "value"]}
	}
	every text in ["url: postgres://user:pa55word@db/x", "password = opensesame"] {
		object := {"kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"a": text, "b": "ordinary"}}
		found := literal.deny with input as object
		{v.path | some v in found} == {["data", "a"]}
	}
}

config_map(held) := {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": held}

test_fires_on_a_key_of_a_config_map if {
	every held in [{"db_password": "hunter2hunter2"}, {"AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMIaK7"}, {"a.yaml": "db:\n  password: hunter2hunter2\n"}, {"a.ini": "aws_secret_access_key = wJalrXUtnFEMI\n"}] {
		count(literal.deny) == 1 with input as config_map(held)
	}
}

test_silent_on_what_is_none_in_a_config_map if {
	every held in [{"db_password": "$(DB_PASSWORD)"}, {"token": ""}, {"password-secret": "db-credentials"}, {"a.yaml": "secret:\n  name: a\npassword: ${PASSWORD}\n"}] {
		count(literal.deny) == 0 with input as config_map(held)
	}
}

test_fires_on_an_argument if {
	every args in [["--password=hunter2hunter2"], ["--token", "a8f5f167f44f4964"]] {
		count(literal.deny) == 1 with input as {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [{"name": "a", "args": args}]}}
	}
}

test_silent_on_other_arguments if {
	every args in [["--password=$(PASSWORD)"], ["--token=/etc/token"], ["--token", "$(TOKEN)"], ["--token", "--verbose"], ["--secret", "name"]] {
		count(literal.deny) == 0 with input as {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [{"name": "a", "args": args}]}}
	}
}
