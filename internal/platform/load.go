// Package platform knows how a platform is written in CUE: where its environments lie, how
// they are loaded, what targets they have, how a target is rendered, and which line of CUE a
// rendered field came from. It does not know what the objects mean.
package platform

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/load"

	"tenon.dev/tenon/internal/finding"
)

// ErrNoPlatform is returned where a folder holds no platform.
var ErrNoPlatform = errors.New("no platform")

// Environment is one loaded environment of a platform.
type Environment struct {
	// Name is the name of the environment's folder.
	Name string
	// Phases are the names of the environment's phases, in the order of their share.
	Phases []string
	// Current is the phase that the environment is in.
	Current string
	// Cluster is where the environment runs.
	Cluster string

	context *cue.Context
	root    cue.Value
	files   *sources
	// trace guards root while origins are resolved: CUE values are not safe for that from
	// several goroutines.
	trace sync.Mutex
}

// Folder is where a platform lies in a file system.
type Folder struct {
	FS fs.FS
	// Dir is the folder of the platform below FS, such as cue/platform.
	Dir string
}

// Environments lists the names of the platform's environments: the folders below it that
// hold CUE.
func (f Folder) Environments() ([]string, error) {
	entries, err := fs.ReadDir(f.FS, f.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: there is no folder %s", ErrNoPlatform, f.Dir)
	}
	if err != nil {
		return nil, fmt.Errorf("listing environments: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		matches, err := fs.Glob(f.FS, path.Join(f.Dir, entry.Name(), "*.cue"))
		if err != nil {
			return nil, fmt.Errorf("listing environments: %w", err)
		}
		if len(matches) > 0 {
			names = append(names, entry.Name())
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%w: no folder below %s holds CUE; each environment has one", ErrNoPlatform, f.Dir)
	}
	return names, nil
}

// module returns the folder that holds cue.mod, looking upwards from the platform.
func (f Folder) module() (string, error) {
	for dir := f.Dir; ; dir = path.Dir(dir) {
		if _, err := fs.Stat(f.FS, path.Join(dir, "cue.mod", "module.cue")); err == nil {
			return dir, nil
		}
		if dir == "." || dir == "/" {
			return "", fmt.Errorf("%w: no cue.mod/module.cue in %s or above it", ErrNoPlatform, f.Dir)
		}
	}
}

// virtual is where CUE sees the files: a folder that no machine has, so that it finds them in
// the overlay only and never reads beside them. Config.FS would say the same, but does not
// find packages in cue.mod/pkg (cuelang.org/go v0.17.1: "cannot get absolute path for FS").
const virtual = "/tenon-platform"

// maxCUE bounds one file of CUE: people write some kilobytes.
const maxCUE = 4 << 20

// read gives CUE every file of the module through the folder's file system, which decides what
// may be reached.
func (f Folder) read(module string) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := fs.WalkDir(f.FS, module, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".cue" {
			return err
		}
		info, err := fs.Stat(f.FS, name)
		if err != nil {
			return err
		}
		if info.Size() > maxCUE {
			return fmt.Errorf("%s is larger than %d MiB", name, maxCUE>>20)
		}
		data, err := fs.ReadFile(f.FS, name)
		files[path.Join(virtual, name)] = data
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the platform: %w", err)
	}
	return files, nil
}

// Load evaluates one environment in a CUE context of its own. What is wrong with the CUE is
// returned as findings, and the environment is then nil.
func (f Folder) Load(name string) (*Environment, []finding.Finding, error) {
	parsed, err := f.Parse(name)
	if err != nil {
		return nil, nil, err
	}
	return parsed.Evaluate()
}

// Parsed is the CUE of one environment, before it is evaluated.
type Parsed struct {
	name     string
	instance *build.Instance
	files    *sources
	digest   [sha256.Size]byte
}

// Parse reads the files of one environment and all that they import.
func (f Folder) Parse(name string) (*Parsed, error) {
	module, err := f.module()
	if err != nil {
		return nil, err
	}
	texts, err := f.read(module)
	if err != nil {
		return nil, err
	}
	overlay := map[string]load.Source{}
	for name, text := range texts {
		overlay[name] = load.FromBytes(text)
	}
	instance := load.Instances([]string{"."}, &load.Config{
		Overlay:    overlay,
		Dir:        path.Join(virtual, f.Dir, name),
		ModuleRoot: path.Join(virtual, module),
		Env:        []string{"CUE_REGISTRY=none"},
	})[0]
	return &Parsed{name, instance, newSources(instance), digest(instance, texts)}, nil
}

// digest covers the names and texts of all files that an evaluation reads.
func digest(instance *build.Instance, texts map[string][]byte) [sha256.Size]byte {
	sum := sha256.New()
	for _, i := range withImports(instance) {
		for _, file := range i.Files {
			fmt.Fprintf(sum, "%q %q\n", file.Filename, texts[file.Filename])
		}
	}
	return [sha256.Size]byte(sum.Sum(nil))
}

// Same tells whether two environments are made of the same files, so that what is true of one is true
// of the other.
func (p *Parsed) Same(q *Parsed) bool {
	return p.instance.Err == nil && q.instance.Err == nil && p.digest == q.digest
}

// Evaluate evaluates the environment.
func (p *Parsed) Evaluate() (*Environment, []finding.Finding, error) {
	return p.evaluate(func(*Environment) []string { return nil })
}

// EvaluatePhase evaluates what one phase of the environment needs; an empty name is the phase that the
// environment is in.
func (p *Parsed) EvaluatePhase(phase string) (*Environment, []finding.Finding, error) {
	return p.evaluate(func(e *Environment) []string {
		if phase == "" {
			return []string{e.Current}
		}
		return []string{phase}
	})
}

// evaluate asks which phases are wanted once it is known which there are; none means all.
func (p *Parsed) evaluate(wanted func(*Environment) []string) (*Environment, []finding.Finding, error) {
	if p.instance.Err != nil {
		return nil, p.files.findings(cue.Value{}, p.instance.Err), nil
	}
	env := &Environment{Name: p.name, files: p.files, context: cuecontext.New()}
	env.root = env.context.BuildInstance(p.instance)
	if found := env.validate(); len(found) > 0 {
		return nil, found, nil
	}
	if err := env.describe(); err != nil {
		return nil, nil, err
	}
	phases := wanted(env)
	for _, phase := range phases {
		if !slices.Contains(env.Phases, phase) {
			return nil, nil, fmt.Errorf("environment %s has no phase %q: it has %s", env.Name, phase, strings.Join(env.Phases, ", "))
		}
	}
	if found := env.validateRendered(phases); len(found) > 0 {
		return nil, found, nil
	}
	return env, nil, nil
}

// validate reports what is wrong with the team's value, before the objects are looked at: what is wrong
// with them usually follows from it.
func (e *Environment) validate() []finding.Finding {
	if err := e.root.Err(); err != nil {
		return e.files.findings(e.root, err)
	}
	team := e.root.LookupPath(cue.ParsePath("platform"))
	if !team.Exists() {
		return []finding.Finding{{
			Rule: "schema/no-platform", Severity: finding.Error,
			Message: fmt.Sprintf("environment %s has no field platform", e.Name),
			Remedy:  "write platform: schema.#Platform & {...}",
			Source:  &finding.Position{File: e.files.firstTeamFile()},
		}}
	}
	if err := team.Validate(cue.Concrete(true)); err != nil {
		return e.files.findings(e.root, err)
	}
	return nil
}

// validateRendered reports what is wrong with what is rendered, of some phases or, where none is named,
// of all.
func (e *Environment) validateRendered(phases []string) []finding.Finding {
	places := []cue.Path{cue.ParsePath("targets"), cue.ParsePath("files")}
	if len(phases) > 0 {
		places = nil
		for _, phase := range phases {
			places = append(places, cue.MakePath(cue.Str("targets"), cue.Str(phase)), cue.MakePath(cue.Str("files"), cue.Str(phase)))
		}
	}
	for _, place := range append(places, cue.ParsePath("argocd")) {
		value := e.root.LookupPath(place)
		if !value.Exists() && place.Selectors()[0].String() != "targets" {
			continue
		}
		if err := value.Validate(cue.Concrete(true)); err != nil {
			return e.files.findings(e.root, err)
		}
	}
	return nil
}

// describe reads the environment's phases.
func (e *Environment) describe() error {
	var state struct {
		Environment  string
		Environments map[string]struct{ Cluster, Phase string }
		Phases       map[string]struct{ TrafficPercent int }
	}
	if err := e.root.LookupPath(cue.ParsePath("platform")).Decode(&state); err != nil {
		return fmt.Errorf("reading environment %s: %w", e.Name, err)
	}
	for name := range state.Phases {
		e.Phases = append(e.Phases, name)
	}
	slices.SortFunc(e.Phases, func(a, b string) int {
		if d := state.Phases[a].TrafficPercent - state.Phases[b].TrafficPercent; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	here := state.Environments[state.Environment]
	e.Current, e.Cluster = here.Phase, here.Cluster
	return nil
}

// withImports lists an instance and all that it imports.
func withImports(instance *build.Instance) []*build.Instance {
	all := []*build.Instance{instance}
	for i := 0; i < len(all); i++ {
		for _, dependency := range all[i].Imports {
			if !slices.Contains(all, dependency) {
				all = append(all, dependency)
			}
		}
	}
	return all
}
