// Package platform knows how a platform is written in CUE: where its environments lie, how
// they are loaded, what targets they have, how a target is rendered, and which line of CUE a
// rendered field came from. It does not know what the objects mean.
package platform

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/cuecontext"
	cueerrors "cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/load"

	"tenon.dev/tenon/internal/confine"
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
	parsed  *Parsed
	// trace guards root while origins are resolved: CUE values are not safe for that from
	// several goroutines.
	trace sync.Mutex
}

// reserved are names of folders below overlays/ that are of no environment.
var reserved = []string{"base", "argocd"}

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
		within, err := fs.ReadDir(f.FS, path.Join(f.Dir, entry.Name()))
		if err != nil {
			return nil, fmt.Errorf("listing environments: %w", err)
		}
		if slices.ContainsFunc(within, func(e fs.DirEntry) bool { return path.Ext(e.Name()) == ".cue" }) {
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
		if confine.IsFile(f.FS, path.Join(dir, "cue.mod", "module.cue")) {
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
func (f Folder) read(module string) (map[string][]byte, []finding.Finding, error) {
	files := map[string][]byte{}
	var refused []finding.Finding
	refuse := func(rule, name, message, remedy string) {
		refused = append(refused, finding.Finding{Rule: rule, Severity: finding.Error, Message: message, Remedy: remedy, Source: &finding.Position{File: name}})
	}
	for dir := module; dir != "." && dir != "/"; dir = path.Dir(dir) {
		if info, err := fs.Lstat(f.FS, dir); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			refuse("input/symlink", dir, "the folder is a symlink: git keeps where it leads, not what is there", "put the folder itself there")
		}
	}
	err := fs.WalkDir(f.FS, module, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || entry.IsDir():
			return err
		case entry.Type()&fs.ModeSymlink != 0:
			refuse("input/symlink", name, "it is a symlink: git keeps where it leads, not what is there, so that a revision and a checkout would not be the same platform",
				"put the file itself there")
			return nil
		case path.Ext(name) != ".cue":
			return nil
		case path.Base(name) == "local-module.cue" && path.Base(path.Dir(name)) == "cue.mod":
			refuse("input/cue", name, "it puts folders of one's own machine in the place of modules: what is there is in no revision, and nobody else reads the same",
				"delete the file, and write the dependency into module.cue, or its files below cue.mod/pkg")
			return nil
		}
		data, err := confine.ReadFS(f.FS, name, maxCUE)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if bytes.HasPrefix(data, []byte("version https://git-lfs.github.com/spec/")) {
			refuse("input/lfs-pointer", name, "it is a pointer of Git LFS, not CUE: whoever reads git's objects, as the gate does, sees no more than this",
				"take the file out of LFS: git lfs untrack, then add it anew")
			return nil
		}
		if at, err := confine.CUE(name, data); err != nil {
			refuse("input/cue", name, "the CUE was not read: "+err.Error(), "write it as fields that refer to each other")
			refused[len(refused)-1].Source = &finding.Position{File: name, Line: at.Line, Column: at.Column}
			return nil
		}
		files[path.Join(virtual, name)] = data
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("reading the platform: %w", err)
	}
	return files, refused, nil
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
	// texts of the module's files, by where CUE sees them.
	texts map[string][]byte
	// refused is why the files were not even parsed.
	refused []finding.Finding
}

// Parse reads the files of one environment and all that they import.
func (f Folder) Parse(name string) (*Parsed, error) {
	module, err := f.module()
	if err != nil {
		return nil, err
	}
	texts, refused, err := f.read(module)
	if err != nil {
		return nil, err
	}
	if slices.Contains(reserved, name) {
		refused = append(refused, finding.Finding{
			Rule: "schema/invalid-value", Severity: finding.Error, Source: &finding.Position{File: path.Join(f.Dir, name)},
			Message: fmt.Sprintf("an environment cannot be called %s: overlays/%[1]s is a folder of its own", name), Remedy: "give its folder another name",
		})
	}
	if len(refused) > 0 {
		return &Parsed{name: name, refused: refused}, nil
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
	if slips := packageSlips(texts, path.Join(virtual, f.Dir), name); len(slips) > 0 {
		return &Parsed{name: name, refused: slips}, nil
	}
	if outside := notOf(instance, texts); outside != "" {
		return &Parsed{name: name, refused: []finding.Finding{{
			Rule: "input/cue", Severity: finding.Error, Source: &finding.Position{File: path.Join(f.Dir, name)},
			Message: fmt.Sprintf("the CUE imports what is not among the files of its module: %s", outside), Remedy: "put what is imported below cue.mod/pkg",
		}}}, nil
	}
	return &Parsed{name: name, instance: instance, files: newSources(instance), digest: digest(instance, texts, path.Join(virtual, module)), texts: texts}, nil
}

// notOf is a file that the loader read and that is none of the module's: it goes to the disk where a path leads out of these.
func notOf(instance *build.Instance, texts map[string][]byte) string {
	for _, i := range withImports(instance) {
		for _, file := range i.Files {
			if _, own := texts[file.Filename]; !own {
				return path.Base(file.Filename)
			}
		}
	}
	return ""
}

// digest covers the names and texts of all files that an evaluation reads: those of its packages, and what the
// module says of itself, since the version of the language decides what an expression means.
func digest(instance *build.Instance, texts map[string][]byte, module string) [sha256.Size]byte {
	sum := sha256.New()
	embeds := false
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if path.Dir(name) == path.Join(module, "cue.mod") {
			fmt.Fprintf(sum, "%q %q\n", name, texts[name])
		}
	}
	for _, i := range withImports(instance) {
		for _, file := range i.Files {
			fmt.Fprintf(sum, "%q %q\n", file.Filename, texts[file.Filename])
			embeds = embeds || bytes.Contains(texts[file.Filename], []byte("extern"))
		}
	}
	if embeds { // @extern(embed) reads files that are no part of a package
		for _, name := range slices.Sorted(maps.Keys(texts)) {
			fmt.Fprintf(sum, "%q %q\n", name, texts[name])
		}
	}
	return [sha256.Size]byte(sum.Sum(nil))
}

// Same tells whether two environments are made of the same files, so that what is true of one is true
// of the other.
func (p *Parsed) Same(q *Parsed) bool {
	return p.instance != nil && q.instance != nil && p.instance.Err == nil && q.instance.Err == nil && p.digest == q.digest
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
	if len(p.refused) > 0 {
		return nil, p.refused, nil
	}
	if p.instance.Err != nil {
		return nil, p.files.findings(cue.Value{}, p.instance.Err), nil
	}
	env := &Environment{Name: p.name, files: p.files, parsed: p, context: cuecontext.New()}
	env.root = env.context.BuildInstance(p.instance)
	if found := env.validate(); len(found) > 0 {
		return nil, found, nil
	}
	if err := env.describe(); err != nil {
		// Not all that decoding meets is met by validating, such as an item of a list that has a default.
		if found := env.files.findings(env.root, errors.Unwrap(err)); len(found) > 0 {
			return nil, found, nil
		}
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
	team := e.root.LookupPath(cue.ParsePath("platform"))
	if err := e.root.Err(); err != nil {
		// CUE stops at the first mistake of a package; all that are in the platform are told at once.
		if all := team.Validate(cue.Concrete(true)); team.Exists() && all != nil {
			err = cueerrors.Append(cueerrors.Promote(err, ""), cueerrors.Promote(all, ""))
		}
		return e.files.findings(e.root, err)
	}
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

// Imports are the paths of the packages that the environment's own files import.
func (e *Environment) Imports() []string {
	var paths []string
	for _, instance := range e.parsed.instance.Imports {
		name, _, _ := strings.Cut(instance.ImportPath, ":")
		name, _, _ = strings.Cut(name, "@")
		paths = append(paths, name)
	}
	return paths
}

// ImportedFiles are the files of all packages that the environment is made of beside its own, by name.
func (e *Environment) ImportedFiles() map[string][]byte {
	all := map[string][]byte{}
	for _, instance := range withImports(e.parsed.instance)[1:] {
		for _, file := range instance.Files {
			all[fileName(file.Filename)] = e.parsed.texts[file.Filename]
		}
	}
	return all
}

// FirstFile is the first of the files that the team wrote for the environment.
func (e *Environment) FirstFile() string { return e.files.firstTeamFile() }

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
