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
