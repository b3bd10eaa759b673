package check

import (
	"context"
	"os"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/kustomization"
	"tenon.dev/tenon/internal/manifest"
)

// asides reads a file that a kustomization takes: what it builds is checked as it builds it, but who applies the folder
// applies the file.
func (r *reader) asides(root *os.Root, below, shown string) {
	data, err := confine.Open(root, below)
	if err != nil {
		r.found(unreadable(shown, err)...)
		return
	}
	defer data.Close()
	var queue manifest.Queue
	if err := queue.Read(shown, data, maxDocument); err != nil {
		r.found(unreadable(shown, confine.Reason(err))...)
		return
	}
	parsed := queue.Wait()
	for i, o := range parsed.Objects {
		if !r.built[kustomization.Source{File: shown, Index: i}] {
			r.aside = append(r.aside, o)
		}
	}
	// That a file holds no manifests, or not only, is right for one that is taken for something else.
	r.found(slices.DeleteFunc(parsed.Findings, func(f finding.Finding) bool {
		return f.Severity == finding.Info || !slices.Contains([]string{"input/encoding", "input/document-separator", "input/too-deep", "input/too-large", "types/duplicate-field"}, f.Rule)
	})...)
}

// elsewhere finds what is wrong with objects that kustomizations take, and that others may apply as they are: those in
// their files that no build gave, such as whole ones in patches and those that are deleted, and bases alone. What they
// lack may be where they are taken to, and so may what they refer to; what is wrong in a base may be patched by all that
// build on it.
func (c *Checker) elsewhere(ctx context.Context, m Manifests, r *reader, objects []manifest.Object, known []finding.Finding) ([]finding.Finding, error) {
	if len(r.aside)+len(r.beside) == 0 {
		return nil, nil // most manifests are in no kustomization
	}
	aside := slices.Clone(r.aside)
	for i := range aside {
		aside[i].Document += 1 << 60 // beside what was built of the same file
	}
	others, err := c.Check(ctx, Subject{Objects: aside, Beside: objects, Facts: m.Facts, Definitions: m.Definitions})
	if err != nil {
		return nil, err
	}
	bases, err := c.Check(ctx, Subject{Objects: r.beside, Facts: m.Facts, Definitions: m.Definitions})
	if err != nil {
		return nil, err
	}
	told := places(toBeFilled(r.pac.known(known, objects), objects)) // what is dropped later tells nothing
	var found []finding.Finding
	for _, list := range []struct {
		found        []finding.Finding
		lowest, most finding.Severity
		isBase       bool
	}{{others, finding.Warning, finding.Error, false}, {bases, finding.Error, finding.Info, true}} {
		weighed := c.weighed(list.found, finding.Standard)
		incomplete := incomplete(weighed)
		for _, f := range weighed {
			across := strings.HasPrefix(f.Rule, "graph/") && (list.isBase || f.Severity < finding.Error)
			if f.Object == nil || f.Severity < list.lowest || incomplete[*f.Object] || across || isDirective(f) || told[place(f)] {
				continue
			}
			f.Severity = min(f.Severity, list.most)
			found = append(found, f)
		}
	}
	return found, nil
}

// places are those of findings, see place.
func places(found []finding.Finding) map[string]bool {
	all := map[string]bool{}
	for _, f := range found {
		all[place(f)] = true
	}
	return all
}

// place is what a finding is about and where, whatever the object is called that shows it.
func place(f finding.Finding) string {
	if f.Source == nil {
		return f.Rule
	}
	return f.Rule + " " + f.Source.String()
}

// directives are fields by which a patch says how it is merged.
var directives = []string{"$patch", "$retainKeys", "$deleteFromPrimitiveList", "$setElementOrder"}

// isDirective tells whether a finding is about a field of a patch that no object has.
func isDirective(f finding.Finding) bool {
	return f.Rule == "types/unknown-field" && slices.ContainsFunc(manifest.ParsePath(f.Field), func(element any) bool {
		name, _ := element.(string)
		first, _, _ := strings.Cut(name, "/") // $setElementOrder/containers
		return slices.Contains(directives, first)
	})
}

// incomplete are the objects that lack what any server wants: they are a part of one, as a patch or a base is.
func incomplete(found []finding.Finding) map[finding.Object]bool {
	all := map[finding.Object]bool{}
	for _, f := range found {
		if f.Object != nil && isMissing(f) {
			all[*f.Object] = true
		}
	}
	return all
}

// isMissing tells whether a finding is that an object lacks a field that it must have.
func isMissing(f finding.Finding) bool {
	return f.Rule == "types/required" || f.Rule == "types/tekton" && (strings.HasPrefix(f.Message, "missing field") || strings.HasPrefix(f.Message, "expected exactly one, got n"))
}
