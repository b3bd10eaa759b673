package tenon.rules.secrets.in_manifest_test

import data.tenon.rules.secrets.in_manifest

secret := {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "token"}, "stringData": {"token": "x"}}

test_fires_on_a_value if {
	found := in_manifest.deny with input as secret
	{f.path | some f in found} == {["stringData", "token"]}
}

test_silent_without_values if {
	count(in_manifest.deny) == 0 with input as object.union(secret, {"stringData": {"token": ""}})
}

test_silent_on_every_rendered_object if {
	every named in data.rendered {
		every rendered in named {
			count(in_manifest.deny) == 0 with input as rendered
		}
	}
}

# Further forms.

test_silent_on_a_placeholder if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/kind", "value": "Secret"}, {"op": "add", "path": "/stringData", "value": {"token": "<your token>"}}])
	found := in_manifest.deny with input as object
	count(found) == 0
}

test_silent_on_what_is_public if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/kind", "value": "Secret"}, {"op": "add", "path": "/stringData", "value": {"known_hosts": "github.com ssh-ed25519 AAAA"}}])
	found := in_manifest.deny with input as object
	count(found) == 0
}

test_silent_on_words_that_say_what_belongs_there if {
	every value in ["SECRET_TOKEN", "api-token", "git_password", "personal github token", "openai api key"] {
		count(in_manifest.deny) == 0 with input as object.union(secret, {"stringData": {"token": value}})
	}
}

test_fires_on_a_weak_password if {
	every value in ["password", "secret", "hunter2", "token-1f3a"] {
		count(in_manifest.deny) == 1 with input as object.union(secret, {"stringData": {"token": value}})
	}
}
