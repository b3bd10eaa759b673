# METADATA
# title: A scrape config says what it means
# description: |
#   In a Prometheus config a bare true is a boolean where relabelling wants a text, and a job
#   that discovers pods without choosing a port scrapes every port of every container.
# related_resources:
#   - ref: https://prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config
# custom:
#   id: monitoring/scrape-config
#   severity: warning
#   remedy: "put the expression in quotes, and keep the annotated port by a relabelling of __address__; with the operator use a PodMonitor"
package tenon.rules.monitoring.scrape_config

deny contains {"msg": msg, "path": ["data", key]} if {
	input.kind == "ConfigMap"
	some key, text in input.data
	contains(text, "scrape_configs:")
	regex.match(`(?m)^scrape_configs:`, text)
	config := yaml.unmarshal(text)
	some job in config.scrape_configs
	some relabel in job.relabel_configs
	is_boolean(relabel.regex)
	msg := sprintf("job %s of %s compares with a boolean, not with a text", [job.job_name, key])
}

deny contains {"msg": msg, "path": ["data", key]} if {
	input.kind == "ConfigMap"
	some key, text in input.data
	contains(text, "scrape_configs:")
	regex.match(`(?m)^scrape_configs:`, text)
	config := yaml.unmarshal(text)
	some job in config.scrape_configs
	some discovery in job.kubernetes_sd_configs
	discovery.role == "pod"
	not chooses_port(job)
	msg := sprintf("job %s of %s scrapes every port of every container", [job.job_name, key])
}

chooses_port(job) if {
	some relabel in job.relabel_configs
	some field in [object.get(relabel, "target_label", ""), concat(",", object.get(relabel, "source_labels", []))]
	regex.match(`__address__|container_port|port_name|_port$`, field)
}
