package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/overlay"
	"tenon.dev/tenon/internal/platform"
)

// Environment is one environment with everything that was rendered of it.
type Environment struct {
	*platform.Environment
	State   platform.State
	Waivers []finding.Waiver
	Targets []overlay.Rendered
	// Shared are the objects that Argo CD itself reads, as this environment states them.
	Shared []manifest.Object
}

// Load loads and renders all environments of a platform, or those named, side by side. What
// the CUE refuses is returned as findings, and those environments are left out.
func Load(folder platform.Folder, only ...string) ([]Environment, []finding.Finding, error) {
	names, err := folder.Environments()
	if err != nil {
		return nil, nil, err
	}
	if len(only) > 0 {
		for _, name := range only {
			if !slices.Contains(names, name) {
				return nil, nil, fmt.Errorf("there is no environment %s: the platform has %s", name, strings.Join(names, ", "))
			}
		}
		names = only
	}
	environments := make([]Environment, len(names))
	findings := make([][]finding.Finding, len(names))
	errs := make([]error, len(names))
	var group sync.WaitGroup
	for i, name := range names {
		group.Go(func() { environments[i], findings[i], errs[i] = load(folder, name) })
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, nil, err
		}
	}
	loaded := slices.DeleteFunc(environments, func(e Environment) bool { return e.Environment == nil })
	return loaded, finding.Merge(slices.Concat(findings...)), nil
}

func load(folder platform.Folder, name string) (Environment, []finding.Finding, error) {
	env, found, err := folder.Load(name)
	if err != nil || env == nil {
		return Environment{}, found, err
	}
	return describe(env)
}

// LoadTarget loads one environment and renders one phase of it; an empty phase is the one that the
// environment is in, without what Argo CD itself reads. What the CUE refuses is returned as findings.
func LoadTarget(folder platform.Folder, environment, phase string) (Environment, []finding.Finding, error) {
	parsed, err := folder.Parse(environment)
	if err != nil {
		return Environment{}, nil, err
	}
	env, found, err := parsed.EvaluatePhase(phase)
	if err != nil || env == nil {
		return Environment{}, found, err
	}
	e, found, err := describe(env, cmp.Or(phase, env.Current))
	e.Shared = nil // these are in no target
	return e, found, err
}

// describe reads what an environment states and renders its targets: all, or those of the phases named.
func describe(env *platform.Environment, only ...string) (Environment, []finding.Finding, error) {
	var err error
	e := Environment{Environment: env}
	if e.State, err = env.State(); err != nil {
		return refused(err)
	}
	if e.Waivers, err = env.Waivers(); err != nil {
		return Environment{}, nil, err
	}
	for i := range e.Waivers {
		e.Waivers[i].Namespace = e.State.Namespace.Name
	}
	for _, target := range env.Targets() {
		if len(only) > 0 && !slices.Contains(only, target.Phase) {
			continue
		}
		rendered := overlay.Rendered{Target: target.Target, Namespace: e.State.Namespace.Name}
		if rendered.Objects, err = target.Render(); err != nil {
			return refused(err)
		}
		if rendered.Files, err = target.Files(); err != nil {
			return Environment{}, nil, err
		}
		e.Targets = append(e.Targets, rendered)
	}
	if e.Shared, err = env.ArgoCD(); err != nil {
		return refused(err)
	}
	return e, nil, nil
}

// refused is an environment of which a part cannot be rendered, with the reason as a finding.
func refused(err error) (Environment, []finding.Finding, error) {
	if r, ok := errors.AsType[platform.Refused](err); ok {
		return Environment{}, []finding.Finding{r.Finding}, nil
	}
	return Environment{}, nil, err
}

// Platform checks every target of the environments. More findings, such as those about
// signatures, are waived and counted with the rest.
func (c *Checker) Platform(ctx context.Context, environments []Environment, now time.Time, more ...finding.Finding) (finding.Report, error) {
	found, summary, err := c.Find(ctx, environments)
	if err != nil {
		return finding.Report{}, err
	}
	levels := Levels(environments)
	settled := c.Settle(c.weighed(append(found, more...), finding.Strict), levels, Waivers(environments), now, &summary)
	return finding.NewReport(settled, summary), nil
}

// Find checks every target of the environments and counts what was looked at. Nobody has judged the
// findings yet: they have no levels, and nothing is waived. An environment that is checked twice is
// evaluated once.
func (c *Checker) Find(ctx context.Context, environments []Environment) ([]finding.Finding, finding.Summary, error) {
	found := make([][]finding.Finding, len(environments))
	errs := make([]error, len(environments))
	var group sync.WaitGroup
	for i, e := range environments {
		group.Go(func() { found[i], errs[i] = c.environment(ctx, e) })
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, finding.Summary{}, err
		}
	}
	shared, conflicts := ArgoCD(environments)
	outside, err := c.argocd(ctx, environments, shared)
	if err != nil {
		return nil, finding.Summary{}, err
	}
	summary := finding.Summary{Rules: c.Counted(false)}
	for _, e := range environments {
		summary.Targets += len(e.Targets)
		for _, t := range e.Targets {
			summary.Objects += len(t.Objects)
		}
	}
	summary.Objects += len(shared.Objects)
	all := slices.Concat(slices.Concat(found...), conflicts, outside, sharedClusters(environments), deciders(environments))
	return append(all, c.unknownRules(environments)...), summary, nil
}

// Levels are the severities that the environments give to rules. Each holds in the environment that states
// it.
func Levels(environments []Environment) finding.Scoped {
	all := finding.Scoped{}
	for _, e := range environments {
		levels := finding.Levels{}
		for id, rule := range e.State.Rules {
			if level, err := finding.ParseLevel(rule.Severity); err == nil {
				levels[id] = level
			}
		}
		all[e.Name] = levels
	}
	return all
}

// unknownRules finds levels of rules that there are not: what they were to change goes on as it is.
func (c *Checker) unknownRules(environments []Environment) []finding.Finding {
	var unknown []finding.Finding
	for _, e := range environments {
		for id := range e.State.Rules {
			if c.Knows(id) {
				continue
			}
			place := e.Place(fmt.Sprintf("rules.%q", id))
			unknown = append(unknown, finding.Finding{
				Rule: "schema/unknown-rule", Severity: finding.Error, Source: &place, Field: "platform.rules." + id,
				Message: fmt.Sprintf("there is no rule %s", id), Remedy: "see tenon rules list for the rules",
			})
		}
	}
	return unknown
}

// Waivers brings those of all environments together. One that only some environments declare
// holds in these only.
func Waivers(environments []Environment) []finding.Waiver {
	var all []finding.Waiver
	declared := map[string][]string{}
	for _, e := range environments {
		for _, w := range e.Waivers {
			id := waiverID(w)
			if declared[id] == nil {
				all = append(all, w)
			}
			declared[id] = append(declared[id], e.Name)
		}
	}
	for i, w := range all {
		id := waiverID(w)
		if len(w.Targets) == 0 && len(declared[id]) < len(environments) {
			all[i].Targets = declared[id]
		}
	}
	return all
}

func waiverID(w finding.Waiver) string {
	place := ""
	if w.Source != nil {
		place = w.Source.String()
	}
	return strings.Join([]string{w.Name, w.Rule, w.Object, w.Field, strings.Join(w.Targets, ","), place}, "\n")
}

func (c *Checker) environment(ctx context.Context, e Environment) ([]finding.Finding, error) {
	if known, ok := c.checked.Load(e.Environment); ok {
		return slices.Clone(known.([]finding.Finding)), nil
	}
	found, err := c.targets(ctx, e)
	if err == nil {
		c.checked.Store(e.Environment, slices.Clone(found))
	}
	return found, err
}

func (c *Checker) targets(ctx context.Context, e Environment) ([]finding.Finding, error) {
	found := e.statements()
	for _, t := range e.Targets {
		if len(t.Objects) == 0 {
			found = append(found, finding.Finding{
				Rule: "input/no-objects", Severity: finding.Error, Targets: []finding.Target{t.Target},
				Message: fmt.Sprintf("%s renders no objects: an empty sync would delete everything", t.Target),
				Remedy:  "see that the environment's files fill targets",
			})
			continue
		}
		found = append(found, misnamed(t)...)
		samples := samples(t)
		found = append(found, samples.Findings...)
		more, err := c.Check(ctx, Subject{
			Target: &t.Target, Objects: t.Objects, Facts: e.State.Facts, Complete: true,
			ConcurrentRuns: e.State.Phases[t.Phase].ConcurrentRuns, ByHand: samples.Objects,
		})
		if err != nil {
			return nil, fmt.Errorf("checking %s: %w", t.Target, err)
		}
		found = append(found, more...)
	}
	e.relocateImages(found)
	return found, nil
}

// misnamed finds files that may not be written beside an overlay.
func misnamed(t overlay.Rendered) []finding.Finding {
	var found []finding.Finding
	for _, name := range slices.Sorted(maps.Keys(t.Files)) {
		if !overlay.IsFileName(name) {
			found = append(found, finding.Finding{
				Rule: "overlay/file-name", Severity: finding.Error, Targets: []finding.Target{t.Target}, Field: "files." + name,
				Message: fmt.Sprintf("the file %q may not be written beside the overlay: another tool would take it for its own, or it leads out of the folder", name),
				Remedy:  "call it samples/NAME, github/NAME, tekton/NAME, or NAME.yaml",
			})
		}
	}
	return found
}

// samples are the runs that a target brings as files, for people or Pipelines-as-Code to create.
func samples(t overlay.Rendered) (all manifest.Parsed) {
	for _, name := range slices.Sorted(maps.Keys(t.Files)) {
		if strings.HasPrefix(name, "samples/") || strings.HasPrefix(name, "tekton/") {
			parsed := manifest.Parse("overlays/"+t.Target.String()+"/"+name, []byte(t.Files[name]))
			all.Objects, all.Findings = append(all.Objects, parsed.Objects...), append(all.Findings, parsed.Findings...)
		}
	}
	return all
}

// relocateImages points findings about an image of the platform at its tag: the reference is
// put together from several fields, and that is the one to lock or to mend.
func (e Environment) relocateImages(found []finding.Finding) {
	catalogue := image.Catalogue([]platform.State{e.State})
	for i := range found {
		f := &found[i]
		if f.Rule != "image/not-pinned" {
			continue
		}
		for _, entry := range catalogue {
			if f.Text != entry.Reference {
				continue
			}
			if locked, ok := e.State.Lock[entry.Name]; ok {
				f.Message += "; the lock is of " + lockedAs(locked)
			}
			for _, at := range []string{"images.%q.tag", "images.%q.repository", "lock.%q.tag"} {
				if place := e.Place(fmt.Sprintf(at, entry.Name)); place.Line > 0 {
					f.Source, f.Related = &place, nil
					break
				}
			}
		}
	}
}

// lockedAs says what an entry of the lock is of.
func lockedAs(entry platform.LockEntry) string {
	if entry.Image == "" {
		return "tag " + entry.Tag
	}
	return entry.Image + ":" + entry.Tag
}

// sharedClusters reports cluster-scoped objects that two environments on one cluster would
// both own: whichever syncs last wins.
func sharedClusters(environments []Environment) []finding.Finding {
	var found []finding.Finding
	for i, e := range environments {
		for _, other := range environments[:i] {
			if both := sharedObjects(e, other); len(both) > 0 && e.Cluster == other.Cluster {
				place := e.Place(fmt.Sprintf("environments.%q.cluster", e.Name))
				found = append(found, finding.Finding{
					Rule: "graph/shared-cluster-object", Severity: finding.Error, Source: &place,
					Message: fmt.Sprintf("environments %s and %s are both on cluster %s and both own %s",
						other.Name, e.Name, e.Cluster, some(both)),
					Remedy: "give each its own cluster, or its own platform name",
				})
			}
		}
	}
	return found
}

// some names the first of many.
func some(names []string) string {
	return finding.Few(names, 3)
}

// sharedObjects names the cluster-scoped objects that both environments have.
func sharedObjects(a, b Environment) []string {
	owned := map[manifest.Key]bool{}
	for _, t := range a.Targets {
		for _, o := range t.Objects {
			owned[o.Key()] = o.Namespace == ""
		}
	}
	var both []string
	for _, t := range b.Targets {
		for _, o := range t.Objects {
			if owned[o.Key()] && !slices.Contains(both, o.Ref().String()) {
				both = append(both, o.Ref().String())
			}
		}
	}
	return both
}
