package check

import (
	"context"
	"io"
	"os"
	"strings"

	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// asides reads the objects of a file that a kustomization takes as a patch, or for a generator.
func (r *reader) asides(root *os.Root, below, shown string) {
	data, err := confine.Open(root, below)
	if err != nil {
		return // who takes it says so
	}
	defer data.Close()
	text, err := io.ReadAll(io.LimitReader(data, maxDocument))
	if err == nil {
		r.aside = append(r.aside, manifest.Parse(shown, text).Objects...)
	}
}

// elsewhere finds what is wrong with objects that kustomizations take, and that others may apply as they are: whole ones
// in patches, and bases alone. What they lack, or refer to, may be where they are taken to; what is wrong in a base may be
// patched by all that build on it, but that all of them delete an object of it means that it is not for them.
func (c *Checker) elsewhere(ctx context.Context, m Manifests, r *reader, objects []manifest.Object, known []finding.Finding) ([]finding.Finding, error) {
	aside, err := c.Check(ctx, Subject{Objects: r.aside, Facts: m.Facts, Definitions: m.Definitions})
	if err != nil {
		return nil, err
	}
	beside, err := c.Check(ctx, Subject{Objects: r.beside, Facts: m.Facts, Definitions: m.Definitions})
	if err != nil {
		return nil, err
	}
	built := map[string]bool{}
	for _, f := range known {
		built[told(f)] = true
	}
	kept := map[string]bool{}
	for _, o := range objects {
		kept[o.GroupKind().String()+o.From] = true
	}
	deleted := map[finding.Object]bool{}
	for _, o := range r.beside {
		deleted[*o.Ref()] = o.From != "" && !kept[o.GroupKind().String()+o.From]
	}
	var found []finding.Finding
	for _, list := range []struct {
		found  []finding.Finding
		lowest finding.Severity
		most   finding.Severity
	}{{aside, finding.Warning, finding.Error}, {beside, finding.Error, finding.Info}} {
		weighed := c.weighed(list.found, finding.Standard)
		incomplete := incomplete(weighed)
		for _, f := range weighed {
			if f.Object == nil || f.Severity < list.lowest || incomplete[*f.Object] || strings.HasPrefix(f.Rule, "graph/") || built[told(f)] {
				continue
			}
			if !deleted[*f.Object] {
				f.Severity = min(f.Severity, list.most)
			}
			found = append(found, f)
		}
	}
	return found, nil
}

// told is what a finding is about and where, whatever the object is called that shows it.
func told(f finding.Finding) string {
	if f.Source == nil {
		return f.Rule
	}
	return f.Rule + " " + f.Source.String()
}

// incomplete are the objects that lack what any server wants: they are a part of one, as a patch or a base is.
func incomplete(found []finding.Finding) map[finding.Object]bool {
	all := map[finding.Object]bool{}
	for _, f := range found {
		if f.Object == nil {
			continue
		}
		missing := f.Rule == "types/required" || f.Rule == "types/tekton" && (strings.HasPrefix(f.Message, "missing field") || strings.Contains(f.Message, "got n"))
		directive := f.Rule == "types/unknown-field" && strings.Contains(f.Field+f.Message, "$")
		all[*f.Object] = all[*f.Object] || missing || directive
	}
	return all
}
