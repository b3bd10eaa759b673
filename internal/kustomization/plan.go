package kustomization

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// Result is what the kustomizations of a tree come to.
type Result struct {
	Objects []manifest.Object
	// Beside are those of kustomizations that others build on: other objects may mean them, and they are not applied as
	// they are.
	Beside   []manifest.Object
	Findings []finding.Finding
	// Read are the files, by their paths in the tree, that are no manifests of their own: kustomizations and what they built.
	Read map[string]bool
	// Aside are patches, and what generators and plugins take: most are no objects, but who applies the folder that they lie
	// in applies those that are.
	Aside map[string]bool
	// Built are the documents of files that came out of a kustomization; what others of them hold was deleted.
	Built map[Source]bool
	// Partial are the files of objects, as they are shown, that a kustomization changes which was not built: what they lack
	// it may add.
	Partial map[string]bool
}

// Source is an object of a file, by its number in it.
type Source struct {
	File  string
	Index int
}

// Build builds the kustomizations of folders of a tree: those that no other of them names. One that cannot be built
// without network or programs is said, and those that it names are built instead; its files are left to be read as they
// are. Show gives a path in the tree as people know it.
func Build(tree fs.FS, dirs []string, show func(string) string) Result {
	p := plan{tree: tree, show: show, folders: map[string]*folder{}, weights: map[*folder]int{}, parsed: map[string]manifest.Parsed{}, Result: Result{Read: map[string]bool{}, Aside: map[string]bool{}, Built: map[Source]bool{}, Partial: map[string]bool{}}}
	for _, dir := range dirs {
		p.read(dir)
	}
	inner := p.inner()
	var roots []*folder
	for _, dir := range slices.Sorted(slices.Values(dirs)) {
		if f := p.folders[dir]; f != nil && !inner[dir] && (f.value.Kind != "Component" || f.gives()) {
			roots = append(roots, f)
		}
	}
	// What one of them builds need not be built alone for another, which cannot be built.
	tried := map[string]bool{}
	for len(roots) > 0 {
		var next []*folder
		for _, f := range roots {
			next = append(next, p.build(f, tried)...)
		}
		roots = next
	}
	for _, dir := range slices.Sorted(slices.Values(dirs)) { // those that name each other in a circle
		if f := p.folders[dir]; f != nil && !tried[dir] && f.value.Kind != "Component" {
			p.build(f, tried)
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(inner)) {
		p.beside(p.folders[dir])
	}
	return p.Result
}

// inner are the folders that kustomizations build on. What a component names is among them where something uses it.
func (p *plan) inner() map[string]bool {
	inner := map[string]bool{}
	var visit func(f *folder)
	visit = func(f *folder) {
		for _, dir := range f.folders {
			if below := p.folders[dir]; !inner[dir] {
				inner[dir] = true
				if below != nil && below.value.Kind == "Component" {
					visit(below)
				}
			}
		}
	}
	for _, f := range p.folders {
		if f != nil && f.value.Kind != "Component" {
			visit(f)
		}
	}
	return inner
}

// gives tells whether a component has more than patches, also where what it gives is elsewhere.
func (f *folder) gives() bool {
	v := f.value
	return len(f.resources)+len(f.folders)+len(v.Resources)+len(v.Components)+
		len(v.ConfigMapGenerator)+len(v.SecretGenerator)+len(v.Generators)+len(v.HelmCharts)+len(v.HelmChartInflationGenerator) > 0
}

// weight is how many folders kustomize reads for one: those that it builds on as often as they are named.
func (p *plan) weight(f *folder, above []*folder) int {
	if f == nil || slices.Contains(above, f) {
		return 1 // a circle, which it finds
	}
	if known, ok := p.weights[f]; ok {
		return known
	}
	total := 1
	for _, dir := range f.folders {
		total = min(total+p.weight(p.folders[dir], append(above, f)), maxVisits+1)
	}
	p.weights[f] = total
	return total
}

// beside builds a kustomization that others build on. What is wrong with it shows in these, unless they take it away.
func (p *plan) beside(f *folder) {
	if f == nil || f.value.Kind == "Component" && !f.gives() {
		return
	}
	all := p.closure(f)
	refused, of := p.refused(all)
	switch {
	case refused == "" && p.visits > maxBeside:
		refused = "those that others build on are built alone until that takes " + strconv.Itoa(maxBeside) + " builds"
	case refused != "" && of != f:
		return // told of the other
	}
	if refused == "" {
		objects, err := p.run(f, all)
		if err == nil {
			p.Beside = append(p.Beside, objects...)
			return
		}
		refused = "alone kustomize does not build it, which others build on: " + err.Error()
	}
	_, reason, _ := strings.Cut(refused, ": ")
	isTold := func(told finding.Finding) bool {
		return told.Source != nil && *told.Source == *p.at(f) || reason != "" && strings.Contains(told.Message, reason)
	}
	if !slices.ContainsFunc(p.Findings, isTold) {
		p.Findings = append(p.Findings, p.notBuilt(f, refused))
	}
}

// maxFolders bounds the kustomizations of one run, maxText the text that one of them takes, and maxObjects its objects:
// kustomize compares each with each.
const (
	maxObjects = 2000
	maxFolders = 5000
	maxText    = 64 << 20
	// maxCopies bounds how often patches copy a value.
	maxCopies = 10
	// maxVisits bounds how often one build reads a folder, maxAllVisits those of a run and maxBeside when bases are no
	// longer built alone: kustomize builds a base anew for each that names it.
	maxVisits    = 1000
	maxAllVisits = 50_000
	maxBeside    = 3000
)

type plan struct {
	Result
	tree    fs.FS
	show    func(string) string
	folders map[string]*folder
	// came are the sources of what was built last.
	came    []Source
	weights map[*folder]int
	visits  int
	// parsed are the files that kustomizations name, as manifests.
	parsed map[string]manifest.Parsed
}

// read reads a kustomization, and those that it names.
func (p *plan) read(dir string) {
	if _, known := p.folders[dir]; known {
		return
	}
	f, ok := read(p.tree, dir)
	if !ok {
		p.folders[dir] = nil
		return
	}
	if len(p.folders) >= maxFolders && f.refused == "" {
		f.refused = fmt.Sprintf("there are more than %d kustomizations", maxFolders)
	}
	p.folders[dir] = f
	for _, file := range slices.Concat(f.patches, f.others) {
		p.Aside[file] = true
	}
	p.Read[f.file] = true
	for _, inner := range f.folders {
		p.read(inner)
	}
}

// build builds a kustomization. Where it cannot be built here it gives those that it names.
func (p *plan) build(f *folder, tried map[string]bool) []*folder {
	if tried[f.dir] {
		return nil
	}
	tried[f.dir] = true
	all := p.closure(f)
	refused, of := p.refused(all)
	for _, g := range all {
		tried[g.dir] = tried[g.dir] || slices.Contains(g.folders, f.dir)
	}
	if refused == "" {
		objects, err := p.run(f, all)
		unclear := p.unclear(all)
		p.Findings = append(p.Findings, unclear...)
		if err == nil {
			p.Objects = append(p.Objects, objects...)
			for _, source := range p.came {
				p.Built[source] = true
			}
			for _, g := range all {
				tried[g.dir] = true
				for _, file := range g.resources {
					if g.has(file) {
						p.Read[file] = true
					}
				}
			}
			return nil
		}
		isError := func(told finding.Finding) bool { return told.Severity == finding.Error }
		switch {
		case f.value.Kind == "Component" && !f.gives():
			p.Findings = append(p.Findings, p.notBuilt(f, "no kustomization uses the component, and alone it builds nothing"))
		case f.value.Kind == "Component":
			p.Findings = append(p.Findings, p.notBuilt(f, "no kustomization uses the component, and alone it is not built: "+err.Error()))
		case !slices.ContainsFunc(unclear, isError): // a warning may have another reason
			p.Findings = append(p.Findings, p.failed(f, err.Error()))
		}
	} else if of == f || !tried[of.dir] {
		p.Findings = append(p.Findings, p.notBuilt(of, refused))
	}
	var named []*folder
	for _, g := range all {
		p.Partial[p.show(g.file)] = g != f || p.Partial[p.show(g.file)]
		for _, file := range g.resources {
			if g.has(file) {
				p.Partial[p.show(file)] = true
			}
		}
		if slices.Contains(f.folders, g.dir) && g.value.Kind != "Component" {
			named = append(named, g)
		}
	}
	return named
}

// has tells whether a file lies in the folder or below it.
func (f *folder) has(file string) bool {
	return f.dir == "." || strings.HasPrefix(file, f.dir+"/")
}

// closure is a kustomization with all that it leads to.
func (p *plan) closure(f *folder) []*folder {
	seen := map[string]*folder{}
	var visit func(*folder)
	visit = func(f *folder) {
		if f == nil || seen[f.dir] != nil {
			return
		}
		seen[f.dir] = f
		for _, dir := range f.folders {
			visit(p.folders[dir])
		}
	}
	visit(f)
	all := []*folder{f}
	for _, dir := range slices.Sorted(maps.Keys(seen)) {
		if seen[dir] != f {
			all = append(all, seen[dir])
		}
	}
	return all
}

// refused says why one of the kustomizations cannot be built here, and which.
func (p *plan) refused(all []*folder) (string, *folder) {
	total, objects, copies := 0, 0, 0
	if p.weight(all[0], nil) > maxVisits || p.visits > maxAllVisits {
		return fmt.Sprintf("it and those that build on each other take more than %d builds", maxVisits), all[0]
	}
	for _, f := range all {
		if f.refused != "" {
			return f.refused, f
		}
		for _, dir := range f.folders {
			if p.folders[dir] == nil {
				return missing + path.Join(dir, Names[0]), f
			}
		}
		for _, file := range slices.Concat(f.resources, f.patches, f.others) {
			info, err := fs.Stat(p.tree, file)
			if err != nil {
				return missing + file, f
			}
			if total += int(min(info.Size(), maxText)); info.Size() > maxFile || total > maxText {
				return "it takes more text than is built here", f
			}
		}
		if copies += p.copies(f); copies > maxCopies {
			return fmt.Sprintf("its patches copy more than %d values, and each copy may double an object", maxCopies), f
		}
		if objects += len(f.value.ConfigMapGenerator) + len(f.value.SecretGenerator) + len(statedPatches(f.value)); objects > maxObjects {
			return fmt.Sprintf("it has more than %d objects and patches", maxObjects), f
		}
		for _, file := range slices.Concat(f.resources, f.patches) {
			if objects += len(p.parse(file).Objects); objects > maxObjects {
				return fmt.Sprintf("it has more than %d objects and patches", maxObjects), f
			}
			for _, found := range p.parse(file).Findings {
				if slices.Contains([]string{"input/too-large", "input/too-deep", "input/encoding"}, found.Rule) {
					return "a file that it names is not read: " + found.Message, f
				}
			}
		}
	}
	return "", nil
}

// copies counts the operations by which the patches of a kustomization copy values.
func (p *plan) copies(f *folder) int {
	n := len(copying.FindAll(f.text, -1))
	for _, file := range slices.Concat(f.patches, f.others) {
		if text, err := confine.ReadFS(p.tree, file, maxFile); err == nil {
			n += len(copying.FindAll(text, -1))
		}
	}
	return n
}

// copying fits such an operation (https://www.rfc-editor.org/rfc/rfc6902#section-4.5).
var copying = regexp.MustCompile(`\bop["']?\s*:\s*["']?copy\b`)

// parse reads a file as manifests, once.
func (p *plan) parse(file string) manifest.Parsed {
	if known, ok := p.parsed[file]; ok {
		return known
	}
	var parsed manifest.Parsed
	if text, err := confine.ReadFS(p.tree, file, maxFile); err == nil {
		parsed = manifest.Parse(p.show(file), text)
	}
	p.parsed[file] = parsed
	return parsed
}

// unclear are findings about how the files are written that kustomize does not make: what readers of YAML see in them.
func (p *plan) unclear(all []*folder) []finding.Finding {
	var found []finding.Finding
	for _, f := range all {
		for _, file := range slices.Concat(f.resources, f.patches) {
			for _, g := range p.parse(file).Findings {
				isPatch := slices.Contains(f.patches, file)
				if g.Rule != "input/incomplete-object" && !(isPatch && g.Rule == "input/yaml") {
					found = append(found, g)
				}
			}
		}
	}
	return found
}

func (p *plan) at(f *folder) *finding.Position {
	return &finding.Position{File: p.show(f.file), Line: 1}
}

// failed is the finding that kustomize refuses a kustomization.
func (p *plan) failed(f *folder, why string) finding.Finding {
	return finding.Finding{
		Rule: "input/kustomize", Severity: finding.Error, Source: p.at(f), Message: "kustomize does not build the folder: " + why,
		Remedy: "mend what it says; kustomize build shows the same",
	}
}

// notBuilt is the finding that a kustomization was left out, or that nobody can build it.
func (p *plan) notBuilt(f *folder, why string) finding.Finding {
	if name, ok := strings.CutPrefix(why, missing); ok {
		return finding.Finding{
			Rule: "input/kustomize", Severity: finding.Warning, Source: p.at(f), Message: fmt.Sprintf("kustomize does not build the folder as it is: there is no %s", name),
			Remedy: "commit it; where a program writes it first, build the folder after that, and pipe the result to tenon check -",
		}
	}
	return finding.Finding{
		Rule: "input/not-read", Severity: finding.Info, Source: p.at(f), Message: "the kustomization is not built here, and its files are read as they are: " + why,
		Remedy: "build it, and pipe the result: kustomize build FOLDER | tenon check -",
	}
}
