package graph

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// extension is a field of an event that an interceptor has added.
var extension = regexp.MustCompile(`\$\(extensions(?:\.|\[['"])([A-Za-z0-9_-]+)`)

// extensions checks that what bindings of a trigger read of $(extensions) is set by one of its interceptors: otherwise no value
// is found, and the event starts nothing (tektoncd/triggers v0.37.0, pkg/template/event.go).
func (g *graph) extensions(o manifest.Object, t map[string]any, at manifest.Path) {
	set, all := g.extensionsOf(o, t)
	if !all {
		return
	}
	defaults, known := g.templateDefaults(o, t)
	if !known {
		return
	}
	ask := func(where manifest.Object, at manifest.Path, name, value any, through string) {
		text, _ := value.(string)
		for _, m := range extension.FindAllStringSubmatch(text, -1) {
			if set[m[1]] || defaults[fmt.Sprint(name)] {
				continue
			}
			f := g.add(where, "graph/extension-not-set", finding.Error, at,
				fmt.Sprintf("no interceptor of the trigger sets %s, and parameter %v of the template has no default: events start nothing%s", m[1], name, through),
				"set it in overlays of the cel interceptor: set are "+listOrNone(slices.Sorted(maps.Keys(set))))
			f.Quote = m[0]
		}
	}
	each(t, manifest.Path{"bindings"}, func(i int, b map[string]any) {
		here := at.Append("bindings", i)
		ask(o, here.Append("value"), b["name"], b["value"], "")
		kind, namespace := "TriggerBinding", o.Namespace
		if b["kind"] == "ClusterTriggerBinding" {
			kind, namespace = "ClusterTriggerBinding", ""
		}
		name, _ := b["ref"].(string)
		if binding, found := g.find(o, kind, namespace, name); found && name != "" {
			each(binding.Value, manifest.Path{"spec", "params"}, func(_ int, p map[string]any) {
				ask(o, here.Append("ref"), p["name"], p["value"], fmt.Sprintf(" (%s %s reads it)", kind, name))
			})
		}
	})
}

// extensionsOf are the extensions that the interceptors of a trigger set, by their first name, and whether these are all:
// interceptors of others, and groups of an EventListener, may set more.
func (g *graph) extensionsOf(o manifest.Object, t map[string]any) (set map[string]bool, all bool) {
	if o.Kind == "Trigger" && len(g.ofKind("EventListener")) == 0 {
		return nil, false
	}
	for _, listener := range g.ofKind("EventListener") {
		if _, groups := manifest.Lookup(listener.Value, manifest.Path{"spec", "triggerGroups"}); groups && o.Kind == "Trigger" {
			return nil, false
		}
	}
	set, all = map[string]bool{}, true
	each(t, manifest.Path{"interceptors"}, func(_ int, in map[string]any) {
		ref, _ := in["ref"].(map[string]any)
		switch name, _ := ref["name"].(string); {
		case ref["kind"] != nil && ref["kind"] != "ClusterInterceptor":
			all = false
		case name == "cel":
			all = overlays(in, set) && all
		case name == "github":
			set["changed_files"] = true // with addChangedFiles
		case name != "gitlab" && name != "bitbucket":
			all = false
		}
	})
	return set, all
}

// overlays adds the extensions that a cel interceptor sets, by the first part of their path; it tells whether it can be read.
func overlays(interceptor map[string]any, set map[string]bool) (readable bool) {
	readable = true
	each(interceptor, manifest.Path{"params"}, func(_ int, p map[string]any) {
		if p["name"] != "overlays" {
			return
		}
		list, ok := p["value"].([]any)
		readable = readable && ok
		for _, item := range list {
			overlay, _ := item.(map[string]any)
			key, ok := overlay["key"].(string)
			readable = readable && ok
			first, _, _ := strings.Cut(key, ".")
			set[first] = true
		}
	})
	return readable
}

// templateDefaults are the parameters with a default of the template that a trigger starts, and whether it is in sight.
func (g *graph) templateDefaults(o manifest.Object, t map[string]any) (defaults map[string]bool, known bool) {
	template, _ := t["template"].(map[string]any)
	spec, inline := template["spec"].(map[string]any)
	if name, _ := template["ref"].(string); !inline {
		found, ok := g.find(o, "TriggerTemplate", o.Namespace, name)
		if !ok {
			return nil, false
		}
		spec, _ = found.Value["spec"].(map[string]any)
	}
	defaults = map[string]bool{}
	each(spec, manifest.Path{"params"}, func(_ int, p map[string]any) {
		if p["default"] != nil {
			defaults[fmt.Sprint(p["name"])] = true
		}
	})
	return defaults, true
}
