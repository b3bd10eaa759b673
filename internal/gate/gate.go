// Package gate knows how two revisions of a platform compare: what is newly wrong, what the change
// means, and whether it may be merged. What the head is judged by (rules, severities, waivers, what
// blocks) comes from the base: a change cannot excuse itself.
package gate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/overlay"
	"tenon.dev/tenon/internal/platform"
	"tenon.dev/tenon/internal/policy"
	"tenon.dev/tenon/internal/report"
	"tenon.dev/tenon/internal/revision"
)

// Input is what is compared, and how.
type Input struct {
	Base, Head revision.Revision
	// Rules are tenon's own and those of the base.
	Rules *policy.Set
	// Policies are the folders, below the platform's folder, that the rules of the base came from.
	Policies []string
	// Levels are severities given on the command line.
	Levels finding.Levels
	// FailOn blocks at a lower severity than the base asks for; nil leaves it to the base.
	FailOn *finding.Severity
	// All lets findings block that the base has, too.
	All bool
	// Now is the day that waivers are judged by.
	Now time.Time
	// More are findings about the head that others have made.
	More []finding.Finding
	// Vendored is the copy of schema and render that this tenon writes into a platform, by file.
	Vendored map[string][]byte
	// NoFacts are the facts that the schema takes for granted where a platform states none.
	NoFacts platform.Facts
	// Images verifies the images of the head that the base does not run; nil verifies none.
	Images func(context.Context, *check.Checker, []check.ImageSubject) ([]finding.Finding, error)
}

// Dir is where a platform lies below the folder of a revision.
const Dir = "cue/platform"

// Run compares the two revisions.
func Run(ctx context.Context, in Input) (report.Page, error) {
	g := &gate{Input: in, checker: check.New(in.Rules)}
	g.checker.Levels = in.Levels
	if err := g.load(); err != nil {
		return report.Page{}, err
	}
	return g.compare(ctx)
}

type gate struct {
	Input
	checker    *check.Checker
	base, head check.Loaded
	// before and after are what CI runs.
	before, after *automation
	outside       compared
	notes         []string
}

func (g *gate) load() error {
	var err error
	g.base, g.head, err = check.LoadPair(platform.Folder{FS: g.Base.FS, Dir: Dir}, platform.Folder{FS: g.Head.FS, Dir: Dir})
	if err != nil {
		return err
	}
	if g.before, err = automationOf(g.Base); err != nil {
		return err
	}
	if g.after, err = automationOf(g.Head); err != nil {
		return err
	}
	g.outside = outside(g.before, g.after)
	if len(g.base.Refused) > 0 {
		g.notes = append(g.notes, fmt.Sprintf("the base does not render (%s): what the head has there counts as new", g.base.Refused[0].Message))
	}
	if len(g.Base.Elsewhere) > 0 {
		g.notes = append(g.notes, fmt.Sprintf("the base has symlinks or submodules, which are no part of a revision: %s", some(g.Base.Elsewhere)))
	}
	for _, name := range g.head.Broken {
		g.notes = append(g.notes, fmt.Sprintf("%s does not render: what the change does there is not known", name))
	}
	if len(g.base.Environments) == 0 && len(g.base.Refused) == 0 {
		g.notes = append(g.notes, "the base has no platform: all of the head is new")
	}
	if contains, known := g.Head.Contains(g.Base); known && !contains {
		g.notes = append(g.notes, "the head does not have all of the base: what the base changed since shows as taken back. Check out the merge, or rebase")
	}
	return nil
}

func (g *gate) compare(ctx context.Context) (report.Page, error) {
	old, _, err := g.checker.Find(ctx, g.base.Environments)
	if err != nil {
		return report.Page{}, err
	}
	now, summary, err := g.checker.Find(ctx, g.head.Environments)
	if err != nil {
		return report.Page{}, err
	}
	changes := diff.Fold(g.withFiles(g.targets()))
	diff.Locate(changes, maxLocated)
	if err := g.blame(changes); err != nil {
		return report.Page{}, err
	}
	m, err := g.meaning(changes, summary.Targets)
	if err != nil {
		return report.Page{}, err
	}
	said, err := g.Rules.Change(ctx, m.document())
	if err != nil {
		return report.Page{}, err
	}
	place(said, changes)
	stale, err := g.stale()
	if err != nil {
		return report.Page{}, err
	}
	images, err := g.verify(ctx)
	if err != nil {
		return report.Page{}, err
	}
	j := judge{g: g, summary: summary, before: old}
	c := j.judge(slices.Concat(g.head.Refused, now), slices.Concat(said, stale, images, g.elsewhere(), g.More))
	c.Base, c.Head, c.Notes = g.Base.String(), g.Head.String(), g.notes
	c.Changes, c.Meaning = changes, m.document()
	c.Targets = g.matrix(c, changes)
	c.Pipelines, c.Pools = g.pictures(changes)
	c.Platform = Platform(g.head.Environments)
	return c, nil
}

// maxLocated bounds how many changed fields are traced to their line.
const maxLocated = 2000

// targets pairs the targets of both revisions, and what Argo CD itself reads.
func (g *gate) targets() []diff.Target {
	var all []diff.Target
	where := map[finding.Target]int{}
	at := func(t finding.Target) *diff.Target {
		if _, known := where[t]; !known {
			where[t] = len(all)
			all = append(all, diff.Target{Target: t})
		}
		return &all[where[t]]
	}
	for _, r := range withArgoCD(g.head.Environments) {
		at(r.Target).After = r.Objects
	}
	for _, r := range withArgoCD(g.base.Environments) {
		at(r.Target).Before = r.Objects
	}
	// What does not render is not deleted: nothing can be said of its objects. Of what did not render
	// before all is new.
	broken := g.head.Broken
	return slices.DeleteFunc(all, func(t diff.Target) bool {
		return t.Target != overlay.ArgoCD && (g.unchanged(t.Environment) || slices.Contains(broken, t.Environment)) || len(broken) > 0 && t.Target == overlay.ArgoCD
	})
}

// unchanged tells whether an environment is one and the same evaluation in both revisions.
func (g *gate) unchanged(name string) bool {
	old, now := environment(g.base.Environments, name), environment(g.head.Environments, name)
	return old != nil && now != nil && old.Environment == now.Environment
}

func environment(all []check.Environment, name string) *check.Environment {
	i := slices.IndexFunc(all, func(e check.Environment) bool { return e.Name == name })
	if i < 0 {
		return nil
	}
	return &all[i]
}

func withArgoCD(environments []check.Environment) []overlay.Rendered {
	shared, _ := check.ArgoCD(environments)
	return append(rendered(environments), shared)
}

func rendered(environments []check.Environment) []overlay.Rendered {
	var all []overlay.Rendered
	for _, e := range environments {
		all = append(all, e.Targets...)
	}
	return all
}

func (g *gate) meaning(changes []diff.Object, targets int) (*meaning, error) {
	m := newMeaning()
	m.objects(changes, targets)
	known := baselineOf(g.allBefore(), g.base.Environments, g.head.Environments)
	pairs := g.targets()
	for i, filed := range g.withFiles(pairs) {
		t := pairs[i]
		if files := filesAmong(filed.After); len(files)+len(filesAmong(filed.Before)) > 0 && len(filed.Before) > 0 {
			m.guards(t.Target, known, filesAmong(filed.Before), files, false)
		}
		if len(t.After) == 0 && t.Target != overlay.ArgoCD {
			continue
		}
		before, isNew := t.Before, len(t.Before) == 0
		switch {
		case !isNew:
			m.target(t.Target, before, t.After)
		case t.Target != overlay.ArgoCD:
			// A new phase or environment: what it gives beyond what there was elsewhere.
			before = g.likeness(t.Environment)
			m.anew(t.Target, before, t.After)
		default:
			m.anew(t.Target, nil, t.After)
		}
		m.guards(t.Target, known, before, t.After, isNew)
	}
	g.clusters(m, known)
	for _, now := range g.head.Environments {
		if old := environment(g.base.Environments, now.Name); old != nil && old.Environment != now.Environment {
			m.environment(*old, now)
		}
	}
	if len(g.base.Environments) > 0 {
		m.trust(g.base.Environments, g.head.Environments, g.checker.Rules(), g.NoFacts)
		for _, folder := range g.Policies {
			if err := m.files("policy", folder, g.Base.FS, g.Head.FS); err != nil {
				return nil, err
			}
		}
		if err := m.rendering(g); err != nil {
			return nil, err
		}
	}
	m.automation(g.outside, g.before, g.after)
	if len(g.base.Environments) > 0 {
		m.others(known, changes)
	}
	return m, nil
}

// allBefore are the objects of all targets of the base, and the files beside them.
func (g *gate) allBefore() []manifest.Object {
	all := slices.Concat(besides(g.Base.FS), g.before.objects(slices.Sorted(maps.Keys(g.before.texts))))
	for _, e := range g.base.Environments {
		for _, r := range e.Targets {
			for name, text := range r.Files {
				all = append(all, asObject(name, text))
			}
		}
	}
	for _, r := range withArgoCD(g.base.Environments) {
		all = append(all, r.Objects...)
	}
	return all
}

// likeness are the objects of the base that those of a new target are compared with: of the phase that
// its environment is in, or else of the first environment.
func (g *gate) likeness(name string) []manifest.Object {
	e := environment(g.base.Environments, name)
	if e == nil && len(g.base.Environments) > 0 {
		e = &g.base.Environments[0]
	}
	if e == nil {
		return nil
	}
	return current(*e).Objects
}

// current is the target of the phase that an environment is in.
func current(e check.Environment) overlay.Rendered {
	for _, t := range e.Targets {
		if t.Phase == e.Current {
			return t
		}
	}
	return overlay.Rendered{}
}

// stale compares the overlays that the head commits with what it renders. A head without overlays, in
// a repository that never had any, commits none.
func (g *gate) stale() ([]finding.Finding, error) {
	if len(g.head.Refused) > 0 || !hasOverlays(g.Base.FS) && !hasOverlays(g.Head.FS) {
		return nil, nil
	}
	targets := rendered(g.head.Environments)
	for i, t := range targets {
		// A name that no file beside an overlay may have is said where it is checked, and written by nobody.
		targets[i].Files = maps.Clone(t.Files)
		maps.DeleteFunc(targets[i].Files, func(name, _ string) bool { return !overlay.IsFileName(name) })
	}
	if shared, conflicts := check.ArgoCD(g.head.Environments); len(conflicts) == 0 && len(shared.Objects) > 0 {
		targets = append(targets, shared)
	}
	files, err := overlay.Layout(targets)
	if err != nil {
		return nil, err
	}
	differ, err := overlay.Stale(g.Head.FS, "overlays", files)
	if err != nil || len(differ) == 0 {
		return nil, err
	}
	return []finding.Finding{{
		Rule: "overlay/stale", Severity: finding.Error, Source: &finding.Position{File: "overlays/" + differ[0]},
		Message: fmt.Sprintf("the overlays are not what the platform renders: %s %s", some(differ), differs(len(differ))),
		Remedy:  "run tenon render and commit overlays/; edit the CUE, not the overlays",
	}}, nil
}

func differs(n int) string {
	if n == 1 {
		return "differs"
	}
	return "differ"
}

// some names the first of many.
func some(names []string) string {
	return finding.Few(names, 3)
}

func hasOverlays(tree fs.FS) bool {
	if tree == nil {
		return false
	}
	_, err := fs.Stat(tree, "overlays")
	return !errors.Is(err, fs.ErrNotExist)
}

// verify asks for the signatures of the images that only the head runs.
func (g *gate) verify(ctx context.Context) ([]finding.Finding, error) {
	if g.Images == nil {
		return nil, nil
	}
	var subjects []check.ImageSubject
	for _, s := range check.ImageSubjects(g.head.Environments) {
		if !g.unchanged(s.Target.Environment) {
			subjects = append(subjects, s)
		}
	}
	return g.Images(ctx, g.checker, subjects)
}

// place gives findings about the change the line that caused them: that of the change of their object,
// or else of an object of the kinds that they follow from.
func place(found []finding.Finding, changes []diff.Object) {
	for i := range found {
		f := &found[i]
		if f.Source != nil || f.Object == nil {
			continue
		}
		f.Source = sourceOf(changes, f.Field, func(o finding.Object) bool { return identical(o, *f.Object) })
		if f.Source == nil && f.Object.Kind != "" {
			f.Source = sourceOf(changes, "", func(o finding.Object) bool { return slices.Contains(follows[f.Object.Kind], o.Kind) })
		}
	}
}

// follows are the kinds whose changes show in objects of others.
var follows = map[string][]string{
	"RoleBinding": {"Role", "ClusterRole"}, "ClusterRoleBinding": {"ClusterRole"}, "NetworkPolicy": {"NetworkPolicy"},
}

func identical(a, b finding.Object) bool {
	return a.Kind == b.Kind && a.Namespace == b.Namespace && a.Name == b.Name
}

func sourceOf(changes []diff.Object, field string, is func(finding.Object) bool) *finding.Position {
	var first *finding.Position
	written := false
	for _, o := range changes {
		if !is(o.Object) {
			continue
		}
		if o.Source != nil && first == nil && o.Op != diff.Removed { // that line is one of the base
			first = o.Source
		}
		for _, c := range o.Changes {
			if c.Source == nil || c.Op == diff.Removed { // that line is one of the base
				continue
			}
			if field != "" && strings.HasPrefix(c.Field, field) {
				return c.Source
			}
			// What was written is nearer to the point than what was taken away.
			if first == nil || c.Op == diff.Added && !written {
				first, written = c.Source, c.Op == diff.Added
			}
		}
	}
	return first
}
