package tenon.rules.secrets.unexpanded_variable_test

import data.tenon.rules.secrets.unexpanded_variable

config(text) := {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "notification-config"}, "data": {"config.yaml": text}}

test_fires_on_a_webhook_url if {
	found := unexpanded_variable.deny with input as config(`webhook_url: "${SLACK_WEBHOOK_URL}"`)
	{f.path | some f in found} == {["data", "config.yaml"]}
}

test_silent_on_plain_text if {
	count(unexpanded_variable.deny) == 0 with input as config("channel: '#ci'")
}
