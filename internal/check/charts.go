package check

import (
	"context"
	"slices"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/veil"
)

// ofCharts weighs what is said of objects that charts give: their namespace is that of the release, and a value of a
// Secret is one that is given to the chart, which need not stand in any file.
func (m Manifests) ofCharts(found []finding.Finding) []finding.Finding {
	files := m.chartFiles()
	if len(files) == 0 {
		return found
	}
	var kept []finding.Finding
	for _, f := range found {
		given := f.Object != nil && files[f.Object.File]
		if given && f.Rule == "operations/no-namespace" {
			continue
		}
		if given && f.Rule == "secrets/in-manifest" {
			f.Severity = min(f.Severity, finding.Info)
		}
		kept = append(kept, f)
	}
	return kept
}

// otherwise finds what is wrong with the objects that charts give only for another release, an upgrade, or on a cluster that
// has more, beside what the first rendering gives: what is told at the same place as bad as there, and what is no error.
func (c *Checker) otherwise(ctx context.Context, m Manifests, known []finding.Finding) ([]finding.Finding, error) {
	told, worst := map[string]bool{}, map[string]finding.Severity{}
	for _, f := range known {
		told[place(f)+f.Message] = true
		worst[place(f)] = max(worst[place(f)], f.Severity)
	}
	isTold := func(f finding.Finding) bool {
		severity, same := worst[place(f)]
		return same && (f.Severity < finding.Error && f.Severity <= severity || told[place(f)+f.Message])
	}
	var found []finding.Finding
	for _, objects := range m.Rendered.Otherwise {
		more, err := c.Check(ctx, Subject{Objects: objects, Beside: m.Rendered.Objects, Facts: m.Facts, Definitions: m.Definitions})
		if err != nil {
			return nil, err
		}
		for _, f := range more {
			if !isTold(f) {
				found = append(found, f)
			}
		}
	}
	return found, nil
}

// scrubbed takes out of what is said of objects that charts give the secrets that these were given.
func (m Manifests) scrubbed(found []finding.Finding) []finding.Finding {
	if len(m.Rendered.Secrets) == 0 {
		return found
	}
	files := m.chartFiles()
	s := veil.NewScrubber(m.Rendered.Secrets)
	for i, f := range found {
		if f.Object == nil || !files[f.Object.File] {
			continue
		}
		object := *f.Object
		object.Name, object.Kind, object.Namespace = s.Scrub(object.Name), s.Scrub(object.Kind), s.Scrub(object.Namespace)
		found[i].Object, found[i].Message, found[i].Remedy, found[i].Field = &object, s.Scrub(f.Message), s.Scrub(f.Remedy), s.Scrub(f.Field)
	}
	return found
}

// chartFiles are the templates that objects of charts stand in.
func (m Manifests) chartFiles() map[string]bool {
	files := map[string]bool{}
	for _, o := range slices.Concat(m.Rendered.Objects, slices.Concat(m.Rendered.Otherwise...)) {
		files[o.File] = true
	}
	return files
}
