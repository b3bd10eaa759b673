package check

import (
	"context"
	"fmt"
	"reflect"
	"slices"

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
