package gate

import (
	"fmt"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/report"
)

// Compare compares the objects of two revisions, and judges nothing. Where targets are named, only
// these are compared.
func Compare(in Input, only ...finding.Target) (report.Page, []finding.Finding, error) {
	g := &gate{Input: in}
	if err := g.load(); err != nil {
		return report.Page{}, nil, err
	}
	for _, t := range only {
		if !has(g.base.Environments, t) && !has(g.head.Environments, t) {
			return report.Page{}, nil, fmt.Errorf("%w %s", ErrNoTarget, t)
		}
	}
	targets := slices.DeleteFunc(g.targets(), func(t diff.Target) bool {
		return len(only) > 0 && !slices.Contains(only, t.Target)
	})
	changes := diff.Fold(targets)
	diff.Locate(changes, maxLocated)
	p := report.Page{Verdict: report.Compared, Base: g.Base.String(), Head: g.Head.String(), Notes: g.notes, Changes: changes}
	p.Targets = g.matrix(p, changes)
	p.Pipelines, _ = g.pictures(changes)
	p.Platform = Platform(g.head.Environments)
	return p, g.head.Refused, nil
}

// ErrNoTarget is returned where a platform has no target of a name.
var ErrNoTarget = fmt.Errorf("no target")

func has(environments []check.Environment, t finding.Target) bool {
	_, ok := objectsOf(environments, t)
	return ok
}

func objectsOf(environments []check.Environment, wanted finding.Target) ([]manifest.Object, bool) {
	for _, e := range environments {
		for _, t := range e.Targets {
			if t.Target == wanted {
				return t.Objects, true
			}
		}
	}
	return nil, false
}

// CompareTargets compares two targets of one platform.
func CompareTargets(environments []check.Environment, before, after finding.Target) (report.Page, error) {
	old, ok := objectsOf(environments, before)
	if !ok {
		return report.Page{}, fmt.Errorf("%w %s", ErrNoTarget, before)
	}
	now, ok := objectsOf(environments, after)
	if !ok {
		return report.Page{}, fmt.Errorf("%w %s", ErrNoTarget, after)
	}
	changes := diff.Fold([]diff.Target{{Target: after, Before: old, After: now}})
	diff.Locate(changes, maxLocated)
	return one(before.String(), after, len(now), changes), nil
}

// one is the page of a comparison that ends at one target.
func one(before string, after finding.Target, objects int, changes []diff.Object) report.Page {
	at := report.Target{Target: after, Objects: objects, Changed: len(changes)}
	return report.Page{Verdict: report.Compared, Base: before, Head: after.String(), Changes: changes, Targets: []report.Target{at}}
}

// CompareLive compares what a cluster has with a target. Of what only the cluster has, the fields are
// left out, and the objects are counted: most are made by controllers.
func CompareLive(environments []check.Environment, name string, live []manifest.Object, wanted finding.Target) (report.Page, error) {
	objects, ok := objectsOf(environments, wanted)
	if !ok {
		return report.Page{}, fmt.Errorf("%w %s", ErrNoTarget, wanted)
	}
	changes := diff.Live(live, objects)
	others := 0
	changes = slices.DeleteFunc(changes, func(o diff.Object) bool {
		if o.Op == diff.Removed {
			others++
		}
		return o.Op == diff.Removed
	})
	for i := range changes {
		changes[i].Targets = []finding.Target{wanted}
	}
	diff.Locate(changes, maxLocated)
	p := one(name, wanted, len(objects), changes)
	switch {
	case others == 1:
		p.Notes = append(p.Notes, "1 object of the export is not of the target: left out")
	case others > 1:
		p.Notes = append(p.Notes, fmt.Sprintf("%d objects of the export are not of the target: left out", others))
	}
	if absent := absentKinds(live, objects); len(absent) > 0 {
		p.Notes = append(p.Notes, "the export has none of: "+strings.Join(absent, ", ")+". Was it asked for these?")
	}
	return p, nil
}

// absentKinds are the kinds of a target of which an export has no object: whoever exported may have
// left them out, so that all of them look new.
func absentKinds(live, objects []manifest.Object) []string {
	has := map[string]bool{}
	for _, o := range live {
		has[o.Kind] = true
	}
	var absent []string
	for _, o := range objects {
		if !has[o.Kind] && !slices.Contains(absent, o.Kind) {
			absent = append(absent, o.Kind)
		}
	}
	slices.Sort(absent)
	return absent
}
