# METADATA
# title: A ratio is divided
# description: |
#   rate() gives events in a second. A rule that is called a success rate or ratio and divides
#   nothing shows a number that rises with the load, not with success.
# related_resources:
#   - ref: https://prometheus.io/docs/practices/rules/
# custom:
#   id: monitoring/rate-called-ratio
#   severity: warning
#   remedy: "divide the rate of successes by the rate of all"
package tenon.rules.monitoring.rate_called_ratio

deny contains {"msg": msg, "path": ["spec", "groups", i, "rules", j, "expr"]} if {
	input.kind == "PrometheusRule"
	some i, group in input.spec.groups
	some j, rule in group.rules
	name := object.get(rule, "record", object.get(rule, "alert", ""))
	regex.match(`(?i)(success|error|failure|hit|miss)[_:-]?(rate|ratio|percent)`, name)
	contains(rule.expr, "rate(")
	not contains(rule.expr, "/")
	not contains(rule.expr, "avg")
	msg := sprintf("%s divides nothing: it is events in a second, not a ratio", [name])
}
