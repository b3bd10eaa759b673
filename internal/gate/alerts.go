package gate

import (
	"slices"
	"strings"

	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/pattern"
)

// recordsMore tells whether an object records a series that something else records, too, and did not before, or that an
// alert of the base already asks for: the alert then asks for what both say.
func recordsMore(before, after []manifest.Object, o manifest.Object) bool {
	was, is := recorded(before), recorded(after)
	for name := range recorded([]manifest.Object{o}) {
		if is[name] > was[name] && (is[name] > 1 || isAsked(before, name)) {
			return true
		}
	}
	return false
}

// isAsked tells whether an alert asks for a series.
func isAsked(objects []manifest.Object, series string) bool {
	asked := false
	for _, o := range objects {
		if o.Kind != "PrometheusRule" {
			continue
		}
		leavesWith(o.Value, "", func(field string, value any) {
			text, _ := value.(string)
			asked = asked || strings.HasSuffix(field, "rules.expr") && slices.Contains(seriesForm.FindAllString(text, -1), series)
		})
	}
	return asked
}

// seriesForm fits words that may be the names of series.
var seriesForm = pattern.New(`[a-zA-Z_:][a-zA-Z0-9_:]*`)

// recorded counts the rules that record a series, by its name.
func recorded(objects []manifest.Object) map[string]int {
	names := map[string]int{}
	for _, o := range objects {
		if o.Kind != "PrometheusRule" {
			continue
		}
		leavesWith(o.Value, "", func(field string, value any) {
			if name, ok := value.(string); ok && strings.HasSuffix(field, "rules.record") {
				names[name]++
			}
		})
	}
	return names
}

// isRule tells whether a value is an alert or a recording, or a group of them.
func isRule(value any) bool {
	fields, _ := value.(map[string]any)
	return fields["alert"] != nil || fields["record"] != nil || fields["rules"] != nil
}

// inhibitor is the alert by which kube-prometheus-stack sends no alert of severity info of a namespace
// (https://runbooks.prometheus-operator.dev/runbooks/general/infoinhibitor/).
const inhibitor = "InfoInhibitor"

// mutes tells whether an object has an alert, new to the base, while which Alertmanager sends no other: of severity info
// none, and of a name none that is less severe, by the rules that kube-prometheus-stack ships
// (https://github.com/prometheus-community/helm-charts/blob/main/charts/kube-prometheus-stack/values.yaml, inhibit_rules).
func mutes(before []manifest.Object, o manifest.Object) bool {
	was := severities(before)
	for name, all := range severities([]manifest.Object{o}) {
		for severity := range all {
			if len(was[name]) == 0 && name == inhibitor || len(was[name]) > 0 && !was[name][severity] {
				return true
			}
		}
	}
	return false
}

// severities are those that the alerts of a name have.
func severities(objects []manifest.Object) map[string]map[string]bool {
	all := map[string]map[string]bool{}
	for _, o := range objects {
		if o.Kind != "PrometheusRule" {
			continue
		}
		leavesWith(o.Value, "", func(field string, value any) {
			if !strings.HasSuffix(field, "rules") {
				return
			}
			for _, rule := range asList(value) {
				fields, _ := rule.(map[string]any)
				labels, _ := fields["labels"].(map[string]any)
				name, is := fields["alert"].(string)
				if !is {
					continue
				}
				if all[name] == nil {
					all[name] = map[string]bool{}
				}
				severity, _ := labels["severity"].(string)
				all[name][severity] = true
			}
		})
	}
	return all
}

// speaksForOthers tells whether a monitor lets what it asks choose the labels of its series, or sets those by which alerts
// know whom they are about.
func speaksForOthers(o manifest.Object) bool {
	if o.Kind != "ServiceMonitor" && o.Kind != "PodMonitor" && o.Kind != "Probe" && o.Kind != "ScrapeConfig" {
		return false
	}
	speaks := false
	leavesWith(o.Value, "", func(field string, value any) {
		switch field[strings.LastIndexByte(field, '.')+1:] {
		case "honorLabels":
			speaks = speaks || value == true
		case "targetLabel":
			speaks = speaks || slices.Contains([]any{"job", "instance", "namespace", "pod", "service", "container", "__name__"}, value)
		}
	})
	return speaks
}
