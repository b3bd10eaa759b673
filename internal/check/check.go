// Package check knows the order of the stages, which of them need what, and how their findings
// are brought together: located, merged over targets and waived. It finds nothing by itself
// beyond what only shows over several targets.
package check

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	pipelineconfig "github.com/tektoncd/pipeline/pkg/apis/config"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/graph"
	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/platform"
	"tenon.dev/tenon/internal/policy"
	"tenon.dev/tenon/internal/rules"
	"tenon.dev/tenon/internal/typed"
)

// Subject is what is checked together: the objects of one target, or those of all files.
type Subject struct {
	// Target is nil for manifests that are not of a platform.
	Target  *finding.Target
	Objects []manifest.Object
	Facts   platform.Facts
	// Defaults of Tekton's runs, which Check takes from the objects; nil where none sets any.
	Defaults *pipelineconfig.Defaults
	// Complete says that objects and facts are all there is.
	Complete bool
	// Definitions are CustomResourceDefinitions that custom resources are checked against,
	// beside those among the objects.
	Definitions []manifest.Object
	// ConcurrentRuns that the quota must leave room for; 0 leaves it unchecked.
	ConcurrentRuns int
	// Beside are objects that others may mean, and that are not checked.
	Beside []manifest.Object
	// Aside are objects that somebody may apply as well; they are judged elsewhere, and only what they give counts.
	Aside []manifest.Object
	// ByHand are runs that people create when they want one: no sync applies them.
	ByHand []manifest.Object
}

// Checker runs the stages. Objects that several subjects share are judged once.
type Checker struct {
	// Levels are severities that the team gives to rules.
	Levels finding.Levels
	// Profile says which severities of rules hold where no team gives others; empty is strict for a platform and standard
	// for manifests from anywhere.
	Profile finding.Profile
	// Baseline are findings that are known, and that are not told again; nil knows none. Found gets all that were.
	Baseline finding.Baseline
	Found    func([]finding.Finding)

	policies *policy.Set
	registry rules.Registry
	known    sync.Map // canonical JSON of an object and its settings -> []finding.Finding
	// files are those that were read, with their objects.
	files map[string][]manifest.Object
	// checked holds what was found in an environment, by *platform.Environment.
	checked sync.Map
}

// Knows tells whether there is a rule of that id.
func (c *Checker) Knows(rule string) bool {
	_, known := c.registry.Get(rule)
	return known || c.policies.Has(rule)
}

// Objects are those of a file that was read.
func (c *Checker) Objects(file string) ([]manifest.Object, bool) {
	objects, read := c.files[file]
	return objects, read
}

// Rules are all that there are.
func (c *Checker) Rules() rules.Registry { return c.registry }

// Counted is how many rules run, those over a change included where two revisions are compared.
func (c *Checker) Counted(compared bool) int { return c.policies.Counted(compared) + rules.Go().Len() }

// profile is the one that holds for a subject where no team gives others.
func (c *Checker) profile(s Subject) finding.Profile {
	if s.Target == nil {
		return cmp.Or(c.Profile, finding.Standard)
	}
	return cmp.Or(c.Profile, finding.Strict)
}

// weighed gives findings what they weigh by the profile.
func (c *Checker) weighed(found []finding.Finding, otherwise finding.Profile) []finding.Finding {
	profile := cmp.Or(c.Profile, otherwise)
	found = slices.Clone(found)
	for i, f := range found {
		if rule, ok := c.registry.Get(f.Rule); ok && !f.Internal() {
			found[i].Severity = rule.In(profile, f.Severity)
		}
	}
	return found
}

// Settle gives findings their levels and links, and lets off what is waived; the summary says by
// which rules.
func (c *Checker) Settle(found []finding.Finding, levels finding.Scoped, waivers []finding.Waiver, now time.Time, summary *finding.Summary) []finding.Finding {
	found = slices.Clone(found)
	for i := range found {
		found[i] = finding.Clipped(found[i])
	}
	all := finding.Waive(finding.Merge(levels.Apply(c.Levels.Apply(found))), waivers, now)
	for i, f := range all {
		rule, _ := c.registry.Get(f.Rule)
		all[i].Docs = rule.Link()
	}
	summary.Rules = c.Counted(false)
	summary.Off = append(levels.Off(), c.Levels.Off()...)
	all = finding.Merge(all)
	if c.Found != nil {
		c.Found(slices.Clone(all))
	}
	if c.Baseline != nil {
		all, summary.Known, summary.Gone = c.Baseline.Fresh(all)
	}
	return all
}

// New makes a checker with a set of rules.
func New(policies *policy.Set) *Checker {
	return &Checker{policies: policies, registry: rules.With(policies.Stated())}
}

// Check runs all stages over one subject. Findings are located but not yet merged.
func (c *Checker) Check(ctx context.Context, s Subject) ([]finding.Finding, error) {
	s = configured(s)
	facts := settings(s)
	s = tamed(s)
	types, err := typed.New(facts, typed.NewDefinitions(slices.Concat(s.Definitions, s.Objects)))
	if err != nil {
		return nil, err
	}
	found, err := c.each(ctx, types, slices.Concat(s.Objects, s.ByHand), facts)
	if err != nil {
		return nil, err
	}
	found = narrowed(found, s, c.profile(s))
	found = withAccount(found, s.Defaults)
	found = append(found, unpacked(s)...)
	var runs []graph.Run
	found = append(found, stage("runs", func() []finding.Finding { runs = graph.Runs(s.Objects); return nil })...)
	var byHand []graph.Run
	found = append(found, stage("runs", func() []finding.Finding { byHand = graph.Runs(s.ByHand); return nil })...)
	for _, r := range byHand {
		r.ByHand = true
		runs = append(runs, r)
		found = slices.DeleteFunc(found, func(f finding.Finding) bool { // nobody applies it
			return f.Rule == "operations/generated-name" && f.Object != nil && f.Object.File == r.Object.File
		})
	}
	found = append(found, stage("runs of events", func() []finding.Finding { return sampleRuns(types, runs) })...)
	found = append(found, separately(s, runs, undecoded(found))...)
	found = append(found, stage("images", func() []finding.Finding {
		uses := image.Uses(s.Objects)
		pins := image.CheckPins(uses)
		if s.Complete {
			pins = append(pins, idlePolicies(s.Objects, uses)...)
		}
		pins = append(pins, uncovered(s, uses)...)
		pins = append(pins, deniedByOrder(s, uses)...)
		return pins
	})...)
	found = dropConsequences(found, slices.Concat(s.Objects, s.ByHand))
	found = append(found, stage("places", func() []finding.Finding { locate(found, s.Objects); return nil })...)
	scrub(found, slices.Concat(s.Objects, s.ByHand))
	for i := range found {
		if s.Target != nil {
			found[i].Targets = []finding.Target{*s.Target}
			found[i].Evidence = map[finding.Target][]string{*s.Target: found[i].Evidence[finding.Target{}]}
		}
	}
	return found, nil
}

// alone judges an object by itself: its types, and the rules. The same object in another
// target, under the same settings, has the same verdict.
func (c *Checker) alone(ctx context.Context, types *typed.Checker, o manifest.Object, facts typed.Settings) ([]finding.Finding, error) {
	if o.File != "" { // files rarely repeat themselves, and there may be many
		return c.judge(ctx, types, o)
	}
	text, err := json.Marshal([]any{facts, o.Value})
	if err != nil {
		return nil, fmt.Errorf("reading %s %s: %w", o.Kind, o.Name, err)
	}
	if verdict, ok := c.known.Load(string(text)); ok {
		return slices.Clone(verdict.([]finding.Finding)), nil
	}
	found, err := c.judge(ctx, types, o)
	if err != nil {
		return found, err
	}
	c.known.Store(string(text), slices.Clone(found))
	return found, nil
}

// each judges the objects one by one, as many at a time as there are processors.
func (c *Checker) each(ctx context.Context, types *typed.Checker, objects []manifest.Object, facts typed.Settings) ([]finding.Finding, error) {
	files := map[string]bool{}
	for _, o := range objects {
		files[o.File] = true
	}
	results := make([][]finding.Finding, len(objects))
	errs := make([]error, len(objects))
	var next atomic.Int64
	var group sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	if len(objects) > 0 && objects[0].File == "" {
		workers = 1 // environments run side by side, and CUE is traced by one at a time
	}
	for range workers {
		group.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(objects)); i = next.Add(1) - 1 {
				// Another object may have the same name, in another folder: these are of this one.
				results[i], errs[i] = c.guarded(ctx, types, objects[i], facts)
				onlyRead(results[i], files)
				locate(results[i], objects[i:i+1])
			}
		})
	}
	group.Wait()
	return slices.Concat(results...), errors.Join(errs...)
}

func (c *Checker) judge(ctx context.Context, types *typed.Checker, o manifest.Object) ([]finding.Finding, error) {
	found := append(types.Check(o), typesOfMade(types, o)...)
	judged, err := c.policies.Evaluate(ctx, o)
	return append(found, judged...), err
}

// undecoded are the objects of which some field did not decode, or was not read since no server
// has the version of the object.
func undecoded(found []finding.Finding) map[finding.Object]bool {
	objects := map[finding.Object]bool{}
	for _, f := range found {
		switch f.Rule {
		case "types/decode", "types/wrong-type", "types/unknown-version":
			objects[*f.Object] = true
		}
	}
	return objects
}

// together looks at all objects at once, those of Tekton's older API in the form of the newer, and
// without the fields that did not decode: these must not hide what else is wrong.
func together(s Subject, runs []graph.Run, undecoded map[finding.Object]bool) []finding.Finding {
	readable := func(o, in manifest.Object) manifest.Object {
		if undecoded[*in.Ref()] {
			o = typed.Readable(o)
		}
		return typed.Upgrade(o)
	}
	objects := make([]manifest.Object, len(s.Objects))
	for i, o := range s.Objects {
		objects[i] = readable(o, o)
	}
	upgraded := make([]graph.Run, len(runs))
	for i, r := range runs {
		upgraded[i] = r
		upgraded[i].Object = readable(r.Object, r.Owner)
	}
	beside := make([]manifest.Object, len(s.Beside))
	for i, o := range s.Beside {
		beside[i] = typed.Upgrade(o)
	}
	owners := map[finding.Object]madePod{}
	for _, o := range s.Objects {
		for _, made := range madePods(o) {
			owners[*made.object.Ref()] = made
			objects = append(objects, made.object)
		}
	}
	found := graph.Check(graph.Input{
		Objects: objects, Beside: beside, Runs: upgraded, Facts: s.Facts, Complete: s.Complete, ConcurrentRuns: s.ConcurrentRuns,
		Defaults: s.Defaults,
	})
	for i := range found {
		f := &found[i]
		if f.Object != nil {
			if made, is := owners[*f.Object]; is {
				*f = made.ofOwner(*f)
			}
			f.Field = typed.Written(f.Object.APIVersion, f.Field)
		}
		for j, c := range f.Causes {
			f.Causes[j].Field = typed.Written(c.Object.APIVersion, c.Field)
		}
	}
	return found
}

// sampleRuns asks the types about the runs that TriggerTemplates would create: until an event
// comes, no server looks at them.
func sampleRuns(types *typed.Checker, runs []graph.Run) []finding.Finding {
	var found []finding.Finding
	for _, r := range runs {
		if len(r.At) == 0 {
			continue // a run that stands for itself has been checked
		}
		for _, f := range types.Check(r.Object) {
			f.Object = r.Owner.Ref()
			f.Message = "the run that an event would create is refused: " + f.Message
			f.Field = r.At.Append(manifest.ParsePath(f.Field)...).String()
			found = append(found, f)
		}
	}
	return found
}

// dropConsequences leaves out what follows from another finding: validators trip over a field
// that did not decode, and a task that has none of its claims is not two mistakes.
func dropConsequences(found []finding.Finding, objects []manifest.Object) []finding.Finding {
	named := map[finding.Object]int{}
	for _, o := range objects {
		named[*o.Ref()]++
	}
	causes := map[finding.Object]map[string][]finding.Finding{}
	for _, f := range found {
		if f.Object != nil {
			if causes[*f.Object] == nil {
				causes[*f.Object] = map[string][]finding.Finding{}
			}
			causes[*f.Object][f.Rule] = append(causes[*f.Object][f.Rule], f)
		}
	}
	return slices.DeleteFunc(found, func(f finding.Finding) bool {
		if f.Object == nil || named[*f.Object] > 1 { // two objects of one name are not one
			return false
		}
		return slices.ContainsFunc(follows[f.Rule], func(cause string) bool {
			return slices.ContainsFunc(causes[*f.Object][cause], func(c finding.Finding) bool {
				return (!sameField[f.Rule] || c.Field == f.Field || strings.HasPrefix(c.Field, f.Field+".")) && (!sameVariable[f.Rule] || strings.Contains(c.Message, f.Quote))
			})
		})
	})
}

// sameField are rules that follow from another at the same field alone, or within it.
var sameField = map[string]bool{"storage/host-path": true, "image/invalid-reference": true, "pipeline/param-in-script": true, "supply-chain/unqualified-image": true}

// sameVariable are rules that follow from another that names the variable which they quote.
var sameVariable = map[string]bool{"graph/variable-unknown": true}

// follows says of a rule which others, in the same object, bring it about.
var follows = map[string][]string{
	"graph/workspace-unused":         {"graph/workspace-unbound"},
	"secrets/in-manifest":            {"types/decode"},
	"graph/variable-unknown":         {"types/tekton"},
	"graph/driver-not-installed":     {"storage/in-tree-provisioner"},
	"supply-chain/unqualified-image": {"image/invalid-reference"},
	"image/invalid-reference":        {"graph/variable-form"},
	"graph/pod-level":                {"types/pod"},
	"pipeline/param-in-script":       {"graph/script-injection"},
	"storage/host-path":              {"storage/sensitive-host-path"},
}
