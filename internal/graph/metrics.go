package graph

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"sigs.k8s.io/yaml"

	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// query is a PromQL expression and where it stands.
type query struct {
	object manifest.Object
	at     manifest.Path
	expr   string
	// within is the text of a ConfigMap that the expression is part of; the finding then names
	// it, since a field path ends there.
	within string
}

// metrics parses every PromQL expression, and reports names that nothing exports or records.
func (g *graph) metrics() {
	var queries []query
	recorded := map[string]bool{}
	for _, o := range g.Objects {
		switch o.Kind {
		case "PrometheusRule":
			spec, _ := o.Value["spec"].(map[string]any)
			queries = append(queries, ruleQueries(o, spec, manifest.Path{"spec"}, "", recorded)...)
		case "ConfigMap":
			queries = append(queries, configMapQueries(o, recorded)...)
		case "ScaledObject":
			each(o.Value, manifest.Path{"spec", "triggers"}, func(i int, trigger map[string]any) {
				if text, ok := manifest.Lookup(trigger, manifest.Path{"metadata", "query"}); ok && trigger["type"] == "prometheus" {
					queries = append(queries, query{o, manifest.Path{"spec", "triggers", i, "metadata", "query"}, fmt.Sprint(text), ""})
				}
			})
		}
	}
	exported := map[string]bool{}
	for _, names := range g.Facts.Metrics {
		for _, name := range names {
			exported[name] = true
		}
	}
	for _, q := range queries {
		g.query(q, recorded, exported)
	}
}

// ruleQueries lists the expressions of groups of rules, and notes what they record.
func ruleQueries(o manifest.Object, holder map[string]any, at manifest.Path, within string, recorded map[string]bool) []query {
	var queries []query
	each(holder, manifest.Path{"groups"}, func(i int, group map[string]any) {
		each(group, manifest.Path{"rules"}, func(j int, rule map[string]any) {
			if name, ok := rule["record"].(string); ok {
				recorded[name] = true
			}
			if expr, ok := rule["expr"]; ok {
				place := at
				if within == "" {
					place = at.Append("groups", i, "rules", j, "expr")
				}
				queries = append(queries, query{o, place, fmt.Sprint(expr), within})
			}
		})
	})
	return queries
}

// configMapQueries looks into files of rules and into Grafana's dashboards.
func configMapQueries(o manifest.Object, recorded map[string]bool) []query {
	data, _ := o.Value["data"].(map[string]any)
	var queries []query
	for _, key := range mapKeys(data) {
		text, _ := data[key].(string)
		at := manifest.Path{"data", key}
		switch {
		case strings.HasSuffix(key, ".json") && strings.Contains(text, `"panels"`):
			var dashboard any
			if json.Unmarshal([]byte(text), &dashboard) == nil {
				panelQueries(dashboard, func(expr string) { queries = append(queries, query{o, at, expr, key}) })
			}
		case strings.Contains(text, "groups:") && strings.Contains(text, "expr:"):
			var rules map[string]any
			if confine.YAML([]byte(text)) == nil && yaml.Unmarshal([]byte(text), &rules) == nil {
				queries = append(queries, ruleQueries(o, rules, at, key, recorded)...)
			}
		}
	}
	return queries
}

// panelQueries visits the expressions of a dashboard's panels, in their order.
func panelQueries(value any, visit func(string)) {
	switch v := value.(type) {
	case map[string]any:
		if source, ok := v["datasource"].(map[string]any); ok && source["type"] != nil && source["type"] != "prometheus" {
			return
		}
		if expr, ok := v["expr"].(string); ok {
			visit(expr)
		}
		for _, key := range mapKeys(v) {
			panelQueries(v[key], visit)
		}
	case []any:
		for _, item := range v {
			panelQueries(item, visit)
		}
	}
}

// families are the prefixes of metrics whose exporters tenon knows: a name of a family that the
// exporter does not have is wrong wherever it stands.
var families = []string{"tekton_pipelines_controller_", "eventlistener_"}

func (g *graph) query(q query, recorded, exported map[string]bool) {
	// What Grafana fills in before Prometheus sees the query is not known here; and a file that
	// only looks like rules of Prometheus may be another system's.
	if q.within != "" && (strings.ContainsAny(q.expr, "$") || strings.Contains(q.expr, "[[") || strings.TrimSpace(q.expr) == "") {
		return
	}
	parsed, err := parser.NewParser(parser.Options{EnableExperimentalFunctions: true}).ParseExpr(q.expr)
	where := ""
	if q.within != "" {
		where = fmt.Sprintf(" in %s", q.within)
	}
	if err != nil && q.within != "" && !g.Complete {
		return
	}
	if err != nil {
		f := g.add(q.object, "graph/promql", finding.Error, q.at,
			fmt.Sprintf("the query%s does not parse: %v", where, err), "mend the expression: Prometheus would refuse the whole group")
		f.Text, f.Quote = q.expr, q.expr
		return
	}
	known := func(name string) bool { return recorded[name] || exported[name] }
	var missing []string
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		selector, ok := node.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		name := metricName(selector)
		if name == "" || known(name) || slices.Contains(missing, name) {
			return nil
		}
		if _, renamed := renamedMetrics[name]; g.Complete || renamed || slices.ContainsFunc(families, func(f string) bool { return strings.HasPrefix(name, f) }) {
			missing = append(missing, name)
		}
		return nil
	})
	for _, name := range missing {
		f := g.add(q.object, "graph/metric-not-exported", finding.Warning, q.at,
			fmt.Sprintf("nothing exports or records %s, which the query%s reads: it is always empty", name, where),
			closestMetric(name, recorded, exported))
		f.Text, f.Quote = name, name
	}
}

func metricName(selector *parser.VectorSelector) string {
	if selector.Name != "" {
		return selector.Name
	}
	for _, m := range selector.LabelMatchers {
		if m.Name == "__name__" && m.Type == labels.MatchEqual {
			return m.Value
		}
	}
	return ""
}

// renamedMetrics are names that are often written and that no exporter has any more.
var renamedMetrics = map[string]string{
	"nvidia_gpu_utilization_percent":      "DCGM exporter has DCGM_FI_DEV_GPU_UTIL, and under MIG DCGM_FI_PROF_GR_ENGINE_ACTIVE",
	"nvidia_gpu_memory_used_bytes":        "DCGM exporter has DCGM_FI_DEV_FB_USED, in MiB",
	"nvidia_gpu_memory_total_bytes":       "DCGM exporter has no total: add DCGM_FI_DEV_FB_USED and DCGM_FI_DEV_FB_FREE",
	"tekton_pipelinerun_duration_seconds": "Tekton has tekton_pipelines_controller_pipelinerun_duration_seconds with _sum, _count and _bucket",
	"tekton_taskrun_status":               "Tekton has tekton_pipelines_controller_taskrun_total with the label status",
}

func closestMetric(name string, recorded, exported map[string]bool) string {
	if better, ok := renamedMetrics[name]; ok {
		return better
	}
	for _, suffix := range []string{"_count", "_total", "_sum"} {
		if exported[name+suffix] {
			return "did you mean " + name + suffix + "?"
		}
		if short, had := strings.CutSuffix(name, suffix); had && (exported[short] || recorded[short]) {
			return "did you mean " + short + "?"
		}
	}
	return "correct the name, record it, or state its exporter's names in facts.metrics"
}
