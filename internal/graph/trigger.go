package graph

import (
	"fmt"
	"slices"

	"tenon.dev/tenon/internal/manifest"
)

// triggers follows what EventListeners name.
func (g *graph) triggers() {
	for _, o := range g.Objects {
		if spec, ok := o.Value["spec"].(map[string]any); o.Kind == "Trigger" && ok {
			g.trigger(o, spec, manifest.Path{"spec"})
		}
		if o.Kind != "EventListener" {
			continue
		}
		spec, _ := o.Value["spec"].(map[string]any)
		g.account(o, o.Namespace, spec["serviceAccountName"], manifest.Path{"spec", "serviceAccountName"})
		each(spec, manifest.Path{"triggers"}, func(i int, t map[string]any) {
			g.trigger(o, t, manifest.Path{"spec", "triggers", i})
		})
	}
}

func (g *graph) trigger(o manifest.Object, t map[string]any, at manifest.Path) {
	g.extensions(o, t, at)
	g.triggerPart(o, "Trigger", o.Namespace, t["triggerRef"], at.Append("triggerRef"))
	if template, ok := t["template"].(map[string]any); ok {
		g.triggerPart(o, "TriggerTemplate", o.Namespace, template["ref"], at.Append("template", "ref"))
	}
	each(t, manifest.Path{"bindings"}, func(i int, b map[string]any) {
		g.bindingValue(o, b, at.Append("bindings", i, "value"))
		kind, namespace := "TriggerBinding", o.Namespace
		if b["kind"] == "ClusterTriggerBinding" {
			kind, namespace = "ClusterTriggerBinding", ""
		}
		g.triggerPart(o, kind, namespace, b["ref"], at.Append("bindings", i, "ref"))
	})
	each(t, manifest.Path{"interceptors"}, func(i int, in map[string]any) {
		g.interceptor(o, in, at.Append("interceptors", i))
		g.ownInterceptor(o, in, at.Append("interceptors", i))
	})
}

func (g *graph) triggerPart(o manifest.Object, kind, namespace string, value any, at manifest.Path) {
	name, _ := value.(string)
	if name == "" || g.has(o, kind, namespace, name) {
		return
	}
	g.unresolved(o, "graph/trigger-part-not-found", at,
		fmt.Sprintf("there is no %s %s: events would start nothing", kind, name),
		pick("name one that exists", g.names(kind, namespace)))
}

func (g *graph) interceptor(o manifest.Object, in map[string]any, at manifest.Path) {
	if ref, ok := in["ref"].(map[string]any); ok {
		name, _ := ref["name"].(string)
		kind, _ := ref["kind"].(string)
		known := slices.Contains(g.Facts.ClusterInterceptors, name) || g.has(o, "ClusterInterceptor", "", name)
		if kind == "NamespacedInterceptor" {
			known = g.has(o, "Interceptor", o.Namespace, name)
		}
		if name != "" && !known {
			g.unresolved(o, "graph/interceptor-not-found", at.Append("ref", "name"),
				fmt.Sprintf("there is no interceptor %s in the Triggers installation", name),
				"use one of "+listOrNone(g.Facts.ClusterInterceptors)+", or state it in facts.clusterInterceptors")
		}
	}
	each(in, manifest.Path{"params"}, func(i int, p map[string]any) {
		if secret, ok := p["value"].(map[string]any); ok && p["name"] == "secretRef" {
			g.interceptorSecret(o, secret, at.Append("params", i, "value"))
		}
	})
}

// interceptorSecret checks the secret that payloads are signed with. A listener whose key
// does not exist refuses every event.
func (g *graph) interceptorSecret(o manifest.Object, secret map[string]any, at manifest.Path) {
	before := len(g.findings)
	g.secret(o, o.Namespace, secret["secretName"], secret["secretKey"], at)
	for i := range g.findings[before:] {
		f := &g.findings[before+i]
		f.Field = at.Append("secretName").String()
		if f.Rule == "graph/secret-key-not-found" {
			f.Field = at.Append("secretKey").String()
		}
	}
}
