package gate

import (
	"strings"

	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/manifest"
)

// answering are the objects that answer for admission webhooks and aggregated APIs: their Services, and the workloads that these
// select. Where nobody answers, the API server lets everything in, or nothing.
type answering map[manifest.Key]bool

// newAnswering are those of the base.
func newAnswering(before []manifest.Object) answering {
	all := answering{}
	for _, o := range before {
		for _, service := range servicesOf(o) {
			for _, l := range before {
				if l.Kind == "Service" && l.Namespace == service[0] && l.Name == service[1] {
					all[l.Key()] = true
					all.selected(l, before)
				}
			}
		}
	}
	return all
}

// servicesOf are the Services that an object has the API server ask, each as namespace and name.
func servicesOf(o manifest.Object) [][2]string {
	if !strings.HasSuffix(o.Kind, "WebhookConfiguration") && o.Kind != "APIService" && o.Kind != "CustomResourceDefinition" {
		return nil
	}
	var all [][2]string
	leavesWith(o.Value, "", func(field string, value any) {
		fields, _ := value.(map[string]any)
		name, _ := fields["name"].(string)
		namespace, _ := fields["namespace"].(string)
		if strings.HasSuffix(field, "service") && name != "" {
			all = append(all, [2]string{namespace, name})
		}
	})
	return all
}

// selected adds the workloads whose pods a Service selects.
func (a answering) selected(service manifest.Object, objects []manifest.Object) {
	value, _ := manifest.Lookup(service.Value, manifest.Path{"spec", "selector"})
	selector, _ := value.(map[string]any)
	for _, o := range objects {
		labels, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "template", "metadata", "labels"})
		all, _ := labels.(map[string]any)
		matches := len(selector) > 0 && o.Namespace == service.Namespace && len(all) > 0
		for key, text := range selector {
			matches = matches && all[key] == text
		}
		if matches {
			a[o.Key()] = true
		}
	}
}

// of are the parts of a changed object that decide whether and what it answers.
func (a answering) of(o diff.Object) map[string]string {
	if o.Before == nil || !a[o.Before.Key()] {
		return nil
	}
	return decided(o, "the API server asks it what may be made")
}
