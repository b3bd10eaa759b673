// Package graph knows how objects refer to each other and what only shows when several of
// them are looked at together: references, runs of pipelines, placement of their pods, quota
// and network policies. It does not judge an object by itself.
package graph

import (
	"cmp"
	"encoding/json"
	"fmt"
	pipelineconfig "github.com/tektoncd/pipeline/pkg/apis/config"
	"path"
	"reflect"
	"slices"
	"strings"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/platform"
)

// Input is what is looked at together: the objects of one target, or those of all files.
type Input struct {
	Objects []manifest.Object
	// Beside are objects that others may mean, and that are not checked.
	Beside []manifest.Object
	// Runs among the objects, as Runs returns them.
	Runs  []Run
	Facts platform.Facts
	// Defaults are Tekton's defaults of runs where the manifests set any, in config-defaults; nil means those that it is shipped with.
	Defaults *pipelineconfig.Defaults
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
	g.templates()
	g.podSecurity()
	g.podLevels()
	g.stepLevels()
	g.sysctls()
	g.namespaceLevels()
	g.advice()
	g.exposure()
	g.autoscalers()
	g.automounts()
	g.hostnames()
	g.queues()
	g.uncoveredByQueue()
	g.memoryVolumes()
	g.gpuRuns()
	g.untoleratedGPUs()
	g.registries()
	g.images()
	g.groups()
	g.sharedDisks()
	g.selectors()
	g.ingresses()
	g.nodePorts()
	g.probes()
	g.resolverParams()
	g.braces()
	g.becomeText()
	g.egress()
	g.pipelines()
	for _, r := range g.Runs {
		g.givenInVain(r)
		g.checkRun(r)
	}
	g.networkPolicies()
	g.claimSizes()
	g.metrics()
	g.quota()
	g.variables()
	g.loose()
	g.tainted()
	g.unused()
	g.rights()
	return g.findings
}

type key struct{ kind, name string }

type graph struct {
	Input
	byKey    map[key][]manifest.Object
	pods     []workload
	everyPod []somePod // see allPods
	findings []finding.Finding
	// named are the names of a kind in a namespace, which stands where key has the name.
	named map[key][]string
	tasks map[uintptr]*pipelinev1.Task // see task
	ports map[string][]ported          // see portsIn
	kinds map[string][]manifest.Object // see ofKind
	bound map[string]bool              // see isBound
}

func newGraph(in Input) *graph {
	g := &graph{Input: in, byKey: map[key][]manifest.Object{}, named: map[key][]string{}, tasks: map[uintptr]*pipelinev1.Task{}}
	for _, o := range slices.Concat(in.Objects, in.Beside) {
		k := key{o.Kind, o.Name}
		g.byKey[k] = append(g.byKey[k], o)
	}
	g.pods = workloads(in.Objects)
	return g
}

// find returns the object that another one means by a kind and a name in a namespace. Files from
// several places may define the same name: the nearest counts, which is the one of the same
// file, then of the same folder, and so on. A file that names no namespace is applied to any.
func (g *graph) find(from manifest.Object, kind, namespace, name string) (manifest.Object, bool) {
	all := g.candidates(from, kind, namespace, name)
	if len(all) == 0 {
		return manifest.Object{}, false
	}
	return all[0], true
}

// only is find for questions about what the object says: where several are as near, such as the
// versions of a task in a catalogue, nobody can tell which one is meant, unless they declare the same.
func (g *graph) only(from manifest.Object, kind, namespace, name string) (manifest.Object, bool) {
	all := g.candidates(from, kind, namespace, name)
	if len(all) == 0 || len(all) > maxVersions {
		return manifest.Object{}, false
	}
	for _, other := range all[1:] {
		if !declareAlike(all[0], other) {
			return manifest.Object{}, false
		}
	}
	return all[0], true
}

// maxVersions bounds the objects of one name that are compared.
const maxVersions = 50

// declareAlike tells whether two tasks or pipelines declare the same parameters, workspaces and results.
func declareAlike(a, b manifest.Object) bool {
	for _, list := range []string{"params", "workspaces", "results"} {
		one, _ := manifest.Lookup(a.Value, manifest.Path{"spec", list})
		other, _ := manifest.Lookup(b.Value, manifest.Path{"spec", list})
		if !reflect.DeepEqual(one, other) {
			return false
		}
	}
	return true
}

// candidates are the objects of a kind and name that are nearest to another.
func (g *graph) candidates(from manifest.Object, kind, namespace, name string) []manifest.Object {
	var best []manifest.Object
	nearest := -1
	for _, o := range g.byKey[key{kind, name}] {
		if o.Namespace != namespace && (o.File == "" || o.Namespace != "" && namespace != "") || isFixture(from.File, o.File) {
			continue
		}
		switch near := between(from, o); {
		case near > nearest:
			best, nearest = []manifest.Object{o}, near
		case near == nearest:
			best = append(best, o)
		}
	}
	return best
}

// fixtures are the folders of what tests are given: nothing else of a repository means an object in them.
var fixtures = []string{"testdata", "golden", "goldens", "fixtures", "__fixtures__", "__snapshots__"}

// isFixture tells whether a file is what tests are given, and another one is not.
func isFixture(from, file string) bool {
	for i, dir := range strings.Split(path.Dir(file), "/") {
		if slices.Contains(fixtures, dir) && !strings.HasPrefix(from, strings.Join(strings.Split(file, "/")[:i+1], "/")+"/") {
			return true
		}
	}
	return false
}

// between is how near two objects are, by where they are built or written.
func between(a, b manifest.Object) int {
	near := nearness(a.File, b.File)
	for _, from := range []string{a.File, cmp.Or(a.From, a.File)} {
		near = max(near, nearness(from, cmp.Or(b.From, b.File)))
	}
	return near
}

// nearness counts the folders that two files share; the same file is nearer than any other.
func nearness(a, b string) int {
	if a == b {
		return 1 << 20
	}
	shared := 0
	for i := 0; i < min(len(a), len(b)) && a[i] == b[i]; i++ {
		if a[i] == '/' {
			shared++
		}
	}
	if path.Dir(a) == path.Dir(b) {
		shared += 1 << 10
	}
	return shared
}

// duplicates reports objects that are given twice: the later one would silently win. Files of
// different folders need not be meant for one cluster.
func (g *graph) duplicates() {
	seen := map[manifest.Key][]manifest.Object{}
	for _, o := range g.Objects {
		if o.Name == "" {
			continue
		}
		before := seen[o.Key()]
		seen[o.Key()] = append(before, o)
		if len(before) == 0 {
			continue
		}
		severity, first := finding.Info, before[0]
		for _, other := range before {
			switch {
			case g.Complete || other.File == o.File:
				severity, first = finding.Error, other
			case path.Dir(other.File) == path.Dir(o.File):
				severity, first = max(severity, finding.Warning), other
			}
		}
		message, remedy := fmt.Sprintf("%s %s is defined twice", o.Kind, o.Name), "remove or rename one of them: the one that is applied last wins"
		if severity == finding.Info {
			message, remedy = "the same objects are also defined in other folders", "nothing, if they are not for one cluster; --complete takes them as an error"
		}
		f := g.add(o, "graph/duplicate-object", severity, manifest.Path{"metadata", "name"}, message, remedy)
		if places := first.Origin.Trace(manifest.Path{"metadata", "name"}, ""); len(places) > 0 && severity > finding.Info {
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

func (g *graph) has(from manifest.Object, kind, namespace, name string) bool {
	_, ok := g.find(from, kind, namespace, name)
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
	in := key{kind, namespace}
	if known, ok := g.named[in]; ok {
		return known
	}
	var names []string
	for k, objects := range g.byKey {
		if k.kind == kind && slices.ContainsFunc(objects, func(o manifest.Object) bool { return o.Namespace == namespace }) {
			names = append(names, k.name)
		}
	}
	slices.Sort(names)
	g.named[in] = names
	return names
}
