// Package graph knows how objects refer to each other and what only shows when several of
// them are looked at together: references, runs of pipelines, placement of their pods, quota
// and network policies. It does not judge an object by itself.
package graph

import (
	"encoding/json"
	"fmt"
	"slices"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/platform"
)

// Input is what is looked at together: the objects of one target, or those of all files.
type Input struct {
	Objects []manifest.Object
	// Runs among the objects, as Runs returns them.
	Runs  []Run
	Facts platform.Facts
	// Complete says that the objects and facts are all there is, so that a reference that
	// does not resolve is an error. Otherwise it is a warning.
	Complete bool
	// ConcurrentRuns of each pipeline that the quota must leave room for; 0 leaves the
	// quota unchecked.
	ConcurrentRuns int
}

// Check returns what is wrong across the objects.
func Check(in Input) []finding.Finding {
	g := newGraph(in)
	g.duplicates()
	g.references()
	g.triggers()
	g.podSecurity()
	g.pipelines()
	for _, r := range g.Runs {
		g.checkRun(r)
	}
	g.networkPolicies()
	g.claimSizes()
	g.metrics()
	g.quota()
	return g.findings
}

type key struct{ kind, namespace, name string }

type graph struct {
	Input
	byKey    map[key]manifest.Object
	pods     []workload
	findings []finding.Finding
}

func newGraph(in Input) *graph {
	g := &graph{Input: in, byKey: map[key]manifest.Object{}}
	for _, o := range in.Objects {
		k := key{o.Kind, o.Namespace, o.Name}
		if _, taken := g.byKey[k]; !taken {
			g.byKey[k] = o
		}
	}
	g.pods = workloads(in.Objects)
	return g
}

// duplicates reports objects that are given twice: the later one would silently win.
func (g *graph) duplicates() {
	seen := map[manifest.Key]manifest.Object{}
	for _, o := range g.Objects {
		if o.Name == "" {
			continue
		}
		first, twice := seen[o.Key()]
		if !twice {
			seen[o.Key()] = o
			continue
		}
		f := g.add(o, "graph/duplicate-object", finding.Error, manifest.Path{"metadata", "name"},
			fmt.Sprintf("%s %s is defined twice", o.Kind, o.Name),
			"remove or rename one of them: the one that is applied last wins")
		if places := first.Origin.Trace(manifest.Path{"metadata", "name"}, ""); len(places) > 0 {
			f.Related = []finding.Position{places[0].Position}
		}
	}
}

// add records a finding and returns it, valid until the next is added.
func (g *graph) add(o manifest.Object, rule string, severity finding.Severity, at manifest.Path, message, remedy string) *finding.Finding {
	g.findings = append(g.findings, finding.Finding{
		Rule: rule, Severity: severity, Message: message, Remedy: remedy, Object: o.Ref(), Field: at.String(),
	})
	return &g.findings[len(g.findings)-1]
}

// unresolved records a reference to something that does not exist.
func (g *graph) unresolved(o manifest.Object, rule string, at manifest.Path, message, remedy string) {
	severity := finding.Warning
	if g.Complete {
		severity = finding.Error
	}
	g.add(o, rule, severity, at, message, remedy)
}

func (g *graph) has(kind, namespace, name string) bool {
	_, ok := g.byKey[key{kind, namespace, name}]
	return ok
}

// as decodes a value into a type of upstream; what does not fit is left out, since the types
// stage reports it.
func as[T any](value any) (T, bool) {
	var typed T
	text, err := json.Marshal(value)
	if err != nil {
		return typed, false
	}
	return typed, json.Unmarshal(text, &typed) == nil
}

// names lists the names of a kind in a namespace, for remedies.
func (g *graph) names(kind, namespace string) []string {
	var names []string
	for k := range g.byKey {
		if k.kind == kind && k.namespace == namespace {
			names = append(names, k.name)
		}
	}
	slices.Sort(names)
	return names
}
