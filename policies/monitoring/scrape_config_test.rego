package tenon.rules.monitoring.scrape_config_test

import data.tenon.rules.monitoring.scrape_config

object_under_test := data.rendered.ConfigMap.dashboard

test_fires if {
	bad := json.patch(object_under_test, [{"op": "replace", "path": "/data", "value": {"prometheus.yml": "scrape_configs:\n- job_name: pods\n  relabel_configs:\n  - {source_labels: [__meta_kubernetes_pod_container_port_name], regex: true}\n"}}])
	found := scrape_config.deny with input as bad
	{f.path | some f in found} == {["data", "prometheus.yml"]}
}

test_silent_as_rendered if {
	count(scrape_config.deny) == 0 with input as object_under_test
}

# Further forms.

test_fires_on_pods_without_a_port if {
	object := json.patch(data.rendered.ConfigMap.dashboard, [{"op": "replace", "path": "/data", "value": {"prometheus.yml": "scrape_configs:\n- job_name: pods\n  kubernetes_sd_configs: [{role: pod}]\n  relabel_configs: [{source_labels: [a], target_label: b}]\n"}}])
	found := scrape_config.deny with input as object
	count(found) == 1
}

test_silent_on_a_chosen_port if {
	object := json.patch(data.rendered.ConfigMap.dashboard, [{"op": "replace", "path": "/data", "value": {"prometheus.yml": "scrape_configs:\n- job_name: pods\n  kubernetes_sd_configs: [{role: pod}]\n  relabel_configs: [{source_labels: [a], target_label: __address__}]\n"}}])
	found := scrape_config.deny with input as object
	count(found) == 0
}
