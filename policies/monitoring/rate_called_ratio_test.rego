package tenon.rules.monitoring.rate_called_ratio_test

import data.tenon.rules.monitoring.rate_called_ratio

object_under_test := data.rendered.PrometheusRule["scientific-computing"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "replace", "path": "/spec/groups", "value": [{"name": "x", "rules": [{"record": "notebooks:success_rate", "expr": "rate(x_total[5m])"}]}]}])
	found := rate_called_ratio.deny with input as bad
	{f.path | some f in found} == {["spec", "groups", 0, "rules", 0, "expr"]}
}

test_silent_as_rendered if {
	count(rate_called_ratio.deny) == 0 with input as object_under_test
}
