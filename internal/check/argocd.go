package check

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/overlay"
)

// ArgoCD brings together what Argo CD itself reads. Each environment states it, with its own
// part in it; an object that two environments state differently is a finding.
func ArgoCD(environments []Environment) (overlay.Rendered, []finding.Finding) {
	all := overlay.Rendered{Target: overlay.ArgoCD}
	stated := map[manifest.Key]manifest.Object{}
	var conflicts []finding.Finding
	for _, e := range environments {
		for _, o := range e.Shared {
			first, again := stated[o.Key()]
			if !again {
				stated[o.Key()] = o
				all.Objects = append(all.Objects, o)
				continue
			}
			if !reflect.DeepEqual(first.Value, o.Value) {
				f := finding.Finding{
					Rule: "graph/shared-differs", Severity: finding.Error, Object: o.Ref(),
					Message: fmt.Sprintf("%s stands outside all environments, and environment %s states it differently from the first", o.Ref(), e.Name),
					Remedy:  "move what it is made of to the files that all environments share",
					Targets: []finding.Target{overlay.ArgoCD},
				}
				locate([]finding.Finding{f}, []manifest.Object{o})
				conflicts = append(conflicts, f)
			}
		}
	}
	slices.SortFunc(all.Objects, manifest.Compare)
	if len(all.Objects) > 0 {
		all.Namespace = all.Objects[0].Namespace
	}
	return all, conflicts
}

// argocd checks what Argo CD itself reads.
func (c *Checker) argocd(ctx context.Context, environments []Environment, shared overlay.Rendered) ([]finding.Finding, error) {
	if len(shared.Objects) == 0 {
		return nil, nil
	}
	found, err := c.Check(ctx, Subject{
		Target: &shared.Target, Objects: shared.Objects, Facts: environments[0].State.Facts, Complete: true,
	})
	if err != nil {
		return nil, fmt.Errorf("checking what Argo CD reads: %w", err)
	}
	return found, nil
}

// overridden finds what Argo CD puts over files of a repository by an Application: kustomize's patches and components,
// and what an ApplicationSet patches of its Applications. What becomes of the files is not known from them
// (https://argo-cd.readthedocs.io/en/stable/user-guide/kustomize/#patches).
// Where charts were rendered, it is told of the values that an Application gives one, too.
func overridden(objects []manifest.Object, charts bool) []finding.Finding {
	var found []finding.Finding
	tell := func(o manifest.Object, at manifest.Path, message string) {
		found = append(found, finding.Finding{
			Rule: "input/not-read", Severity: finding.Info, Object: o.Ref(), Field: at.String(), Message: message, Remedy: "keep patches in the kustomization, where they are checked",
		})
	}
	for _, o := range objects {
		if o.GroupKind().Group == "kustomize.toolkit.fluxcd.io" && o.Kind == "Kustomization" {
			for _, key := range []string{"patches", "components", "images", "postBuild", "namePrefix", "nameSuffix", "targetNamespace"} {
				if value, _ := manifest.Lookup(o.Value, manifest.Path{"spec", key}); value != nil {
					tell(o, manifest.Path{"spec", key}, fmt.Sprintf("Flux puts %s over the files that it reads: what they become is not checked", key))
				}
			}
		}
		if o.GroupKind().Group != "argoproj.io" || o.Kind != "Application" && o.Kind != "ApplicationSet" {
			continue
		}
		spec := manifest.Path{"spec"}
		if o.Kind == "ApplicationSet" {
			if text, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "templatePatch"}); text != nil && text != "" {
				tell(o, manifest.Path{"spec", "templatePatch"}, "Argo CD patches the Applications that it makes by this: what they become is not checked")
			}
			spec = manifest.Path{"spec", "template", "spec"}
		}
		for _, source := range sourcesOf(o, spec) {
			for _, key := range []string{"patches", "components", "images", "namespace", "namePrefix", "nameSuffix", "commonLabels", "commonAnnotations", "replicas"} {
				at := source.Append("kustomize", key)
				if list, _ := manifest.Lookup(o.Value, at); list != nil {
					tell(o, at, fmt.Sprintf("Argo CD puts kustomize.%s over the files that it reads: what they become is not checked", key))
				}
			}
			if plugin, _ := manifest.Lookup(o.Value, source.Append("plugin")); plugin != nil && !isOwnPlugin(plugin) {
				tell(o, source.Append("plugin"), "Argo CD lets a plugin make the objects of these files: what it makes is not checked")
			}
			for _, key := range []string{"valuesObject", "values", "parameters", "fileParameters", "valueFiles"} {
				at := source.Append("helm", key)
				folder, _ := manifest.Lookup(o.Value, source.Append("path"))
				if given, _ := manifest.Lookup(o.Value, at); given != nil && folder != nil && charts {
					tell(o, at, fmt.Sprintf("Argo CD renders the chart in %v with these, which were not given here: name them with --values or --set", folder))
				}
			}
		}
	}
	locate(found, objects)
	return found
}

// isOwnPlugin tells whether a plugin that an Application names is tenon's, which renders what is checked here.
func isOwnPlugin(plugin any) bool {
	fields, _ := plugin.(map[string]any)
	name, _ := fields["name"].(string)
	return name == "tenon" || strings.HasPrefix(name, "tenon-")
}

// sourcesOf are the places of an Application's sources that are folders of a repository.
func sourcesOf(o manifest.Object, spec manifest.Path) []manifest.Path {
	places := []manifest.Path{spec.Append("source")}
	several, _ := manifest.Lookup(o.Value, spec.Append("sources"))
	list, _ := several.([]any)
	for i := range list {
		places = append(places, spec.Append("sources", i))
	}
	return places
}
