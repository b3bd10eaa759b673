package gate

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/pattern"
	"tenon.dev/tenon/internal/revision"
)

// Bounds on what is read of what CI runs: files, their length together, the words of one that are looked up, and the
// folders that it names.
const (
	maxAutomation     = 5000
	maxAutomationText = 64 << 20
	maxWords          = 50_000
	maxNamedFolders   = 200
)

// gateForm fits the name of the program whose verdict counts.
var gateForm = pattern.New(`(?i)\btenon\b`)

// automation is what CI runs of a repository: the files that it finds by itself, and what these name, directly or not.
type automation struct {
	repository revision.Repository
	prefix     string
	entries    map[string]revision.Entry
	// folders are what each folder holds, folders within with a slash behind.
	folders map[string]map[string]bool
	// leads are the files that each file of CI leads to, and texts what they hold.
	leads  map[string][]string
	texts  map[string]string
	length int
	// first are those that CI finds by itself; gate, those by which tenon is run.
	first []string
	gate  map[string]bool
	// bases are what paths of the repository may end in, and through the names of links; see mayLead.
	bases, through map[string]bool
	// cut says that there is more than is read.
	cut bool
}

func automationOf(r revision.Revision) (*automation, error) {
	a := &automation{repository: r.Repository, prefix: path.Clean(r.Prefix), leads: map[string][]string{}, texts: map[string]string{}, gate: map[string]bool{}, folders: map[string]map[string]bool{}}
	if r.Repository == nil {
		return a, nil
	}
	var err error
	if a.entries, err = r.Repository.Entries(); err != nil {
		return a, fmt.Errorf("comparing what CI runs: %w", err)
	}
	for name := range a.entries {
		a.list(name)
	}
	for name := range a.entries {
		if isFirst(name) {
			a.first = append(a.first, name)
		}
	}
	if err := a.callers(); err != nil {
		return a, fmt.Errorf("comparing what CI runs: %w", err)
	}
	slices.Sort(a.first)
	if err := a.read(); err != nil {
		return a, fmt.Errorf("comparing what CI runs: %w", err)
	}
	a.gate = a.reach(a.runners())
	return a, nil
}

// judgesForm fits a call of tenon that judges, wherever CI is told of it: some take their file from any path.
var judgesForm = pattern.New(`\btenon\b[^\n#]{0,120}?\b(?:gate|check)\b`)

// Bounds on the files that are looked through for such a call.
const (
	maxCallers    = 4000
	maxCallerText = 256 << 10
)

// callers adds the files that call tenon and lie where no CI is known to look.
func (a *automation) callers() error {
	looked := 0
	for _, name := range slices.Sorted(maps.Keys(a.entries)) {
		entry := a.entries[name]
		if isFirst(name) || a.isPlatform(name) || !entry.Mode.IsFile() || entry.Mode == filemode.Symlink || !callable(name) {
			continue
		}
		if looked++; looked > maxCallers {
			return nil
		}
		text, _, err := a.repository.Text(name)
		if err != nil {
			return err
		}
		if len(text) <= maxCallerText && judgesForm.MatchString(text) {
			a.first = append(a.first, name)
		}
	}
	return nil
}

// callable tells whether a file of that name may be what a CI goes by.
func callable(name string) bool {
	base := strings.ToLower(path.Base(name))
	switch path.Ext(base) {
	case ".yaml", ".yml", ".json", ".jsonc", ".toml", ".star", ".groovy", ".kts", ".hcl", ".nix":
		return true
	}
	return strings.HasSuffix(base, "file") || strings.HasPrefix(base, "jenkins")
}

func (a *automation) list(name string) {
	for dir := path.Dir(name); ; name, dir = dir+"/", path.Dir(dir) {
		held := a.folders[dir]
		if held == nil {
			held = map[string]bool{}
			a.folders[dir] = held
		}
		base := path.Base(name)
		if strings.HasSuffix(name, "/") {
			base += "/"
		}
		if held[base] || dir == "." {
			held[base] = true
			return
		}
		held[base] = true
	}
}

// read follows what files name, from those that CI finds by itself.
func (a *automation) read() error {
	queue := slices.Clone(a.first)
	seen := map[string]bool{}
	for _, name := range queue {
		seen[name] = true
	}
	for i := 0; i < len(queue); i++ {
		if len(a.texts) >= maxAutomation || a.length > maxAutomationText {
			a.cut = true
			break
		}
		name := queue[i]
		if a.entries[name].Mode == filemode.Submodule {
			continue
		}
		text, whole, err := a.repository.Text(name)
		if err != nil {
			return err
		}
		a.cut = a.cut || !whole && len(text) > 0
		a.length += len(text)
		a.texts[name] = text
		a.leads[name] = a.named(name, text)
		for _, next := range a.leads[name] {
			if !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	return nil
}

// runners are the files that CI finds by itself and that lead to a call of tenon.
func (a *automation) runners() []string {
	from := map[string][]string{}
	for name, leads := range a.leads {
		for _, next := range leads {
			from[next] = append(from[next], name)
		}
	}
	leading := map[string]bool{}
	var queue []string
	for name, text := range a.texts {
		if !isOwners(name) && gateForm.MatchString(text) {
			leading[name] = true
			queue = append(queue, name)
		}
	}
	for i := 0; i < len(queue); i++ {
		for _, name := range from[queue[i]] {
			if !leading[name] {
				leading[name] = true
				queue = append(queue, name)
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(a.first), func(name string) bool { return !leading[name] })
}

// reach are files with all that they lead to.
func (a *automation) reach(from []string) map[string]bool {
	seen := map[string]bool{}
	queue := slices.Clone(from)
	for _, name := range from {
		seen[name] = true
	}
	for i := 0; i < len(queue); i++ {
		for _, next := range a.leads[queue[i]] {
			if !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	return seen
}

// objects are files as objects, so that the review shows what changes in them.
func (a *automation) objects(names []string) []manifest.Object {
	var all []manifest.Object
	for _, name := range names {
		if entry, ok := a.entries[name]; ok && entry.Mode != filemode.Submodule {
			text, _, err := a.repository.Text(name)
			if err != nil {
				text = err.Error()
			}
			all = append(all, asObject(name, text))
		}
	}
	return all
}

// compared is what changes outside of the platform.
type compared struct {
	// gate are files by which the base runs tenon, ci others that CI runs, and others all other files.
	gate, ci, others []string
	// platforms are folders with another platform, below this one or above it.
	platforms []string
	cut       bool
}

// outside compares what lies outside of the platform, and what CI runs wherever it lies.
func outside(before, after *automation) compared {
	var c compared
	if before.repository == nil || after.repository == nil {
		return c
	}
	c.cut = after.cut
	had := before.platforms()
	c.platforms = slices.DeleteFunc(slices.Sorted(maps.Keys(after.platforms())), func(folder string) bool { return had[folder] })
	gate := maps.Clone(before.gate)
	maps.Copy(gate, after.reach(slices.DeleteFunc(slices.Clone(after.first), func(name string) bool { return !before.gate[name] })))
	names := maps.Clone(before.entries)
	maps.Copy(names, after.entries)
	mentioned := before.mentions(gate)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if before.entries[name] == after.entries[name] {
			continue
		}
		if sameText(before.entries[name], after.entries[name]) && !before.isPlatform(name) {
			c.others = append(c.others, name)
			continue
		}
		_, read := before.texts[name]
		_, reads := after.texts[name]
		switch {
		case gate[name], governs(name, gate), after.leadsHere(name), mentioned(name) && !before.isPlatform(name), isDependency(path.Base(name)) && before.installs(name, gate) && !before.sameChoices(after, name):
			c.gate = append(c.gate, name)
		case isOwners(name), read, reads, isFirst(name), path.Base(name) == ".gitattributes" && !before.isPlatform(name), path.Base(name) == ".gitmodules":
			c.ci = append(c.ci, name)
		case !before.isPlatform(name):
			c.others = append(c.others, name)
		}
	}
	return c
}

// sameText tells whether two files differ in no more than in that one may be run; to lose that matters.
func sameText(before, after revision.Entry) bool {
	return before.Hash == after.Hash && before.Mode != filemode.Executable && before.Mode.IsRegular() && after.Mode.IsFile() && after.Mode != filemode.Symlink
}

// governs tells whether a .gitattributes decides what a checkout makes of files by which tenon is run.
func governs(name string, gate map[string]bool) bool {
	if path.Base(name) != ".gitattributes" {
		return false
	}
	dir := path.Dir(name)
	for file := range gate {
		if dir == "." || strings.HasPrefix(file, dir+"/") {
			return true
		}
	}
	return false
}

// mentions tells whether a text by which tenon is run has a file's name in it, however the name is put there.
func (a *automation) mentions(gate map[string]bool) func(string) bool {
	var texts []string
	for name, text := range a.texts {
		if gate[name] {
			texts = append(texts, text)
		}
	}
	return func(name string) bool {
		base := path.Base(name)
		return len(base) > 3 && !isData(base) && !isDependency(base) && !strings.HasSuffix(base, ".md") && slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, base) })
	}
}

// installs tells whether a text by which tenon is run names a file of dependencies, or runs a program of its language's tool.
func (a *automation) installs(name string, gate map[string]bool) bool {
	base := path.Base(name)
	for file, text := range a.texts {
		if gate[file] && (strings.Contains(text, base) || strings.HasPrefix(base, "go.") && goRun.MatchString(text)) {
			return true
		}
	}
	return false
}

// sameChoices tells whether two versions of such a file take code from the same places.
func (a *automation) sameChoices(after *automation, name string) bool {
	was, _, errBefore := a.repository.Text(name)
	is, _, errAfter := after.repository.Text(name)
	_, had := a.entries[name]
	_, has := after.entries[name]
	return (errBefore == nil || !had) && (errAfter == nil || !has) && slices.Equal(chosen(was), chosen(is))
}

// automation adds what changes outside of the platform. For the head the head's own copy is run.
func (m *meaning) automation(c compared, before, after *automation) {
	add := func(list []string, gate bool) {
		for _, name := range list {
			i := item{"op": "changed", "object": finding.Object{APIVersion: "tenon.dev/v1", Kind: "File", Name: name}, "gate": gate, "owners": isOwners(name)}
			_, had := before.entries[name]
			_, has := after.entries[name]
			switch {
			case !had:
				i["op"] = "added"
			case !has:
				i["op"] = "removed"
			}
			if has {
				i["source"] = finding.Position{File: fromPlatform(after.prefix, name)}
			}
			m.add("automation", i, finding.Target{})
		}
	}
	add(c.gate, true)
	add(c.ci, false)
	if len(c.others) > 0 {
		var related []finding.Position
		for _, name := range c.others[:min(len(c.others), maxRelated)] {
			related = append(related, finding.Position{File: fromPlatform(after.prefix, name)})
		}
		names := finding.Few(weightiest(c.others, after.entries), fewNames)
		m.add("automation", item{"op": "others", "object": finding.Object{}, "gate": false, "owners": false, "names": names, "many": len(c.others), "related": related}, finding.Target{})
	}
	for _, folder := range c.platforms {
		m.add("automation", item{"op": "platform", "object": finding.Object{APIVersion: "tenon.dev/v1", Kind: "File", Name: folder}, "gate": true, "owners": false, "source": finding.Position{File: fromPlatform(after.prefix, folder)}}, finding.Target{})
	}
	if c.cut {
		m.add("automation", item{"op": "cut", "object": finding.Object{}, "gate": true, "owners": false, "most": maxAutomation}, finding.Target{})
	}
}

// How many files that nothing here judges are named in a message, and how many beside it.
const (
	fewNames   = 12
	maxRelated = 1000
)

// weightiest sorts files by what may be done with them, so that no heap of others hides them: what runs, what a cluster or
// a tool is told, and then the rest.
func weightiest(names []string, entries map[string]revision.Entry) []string {
	weight := func(name string) int {
		switch mode := entries[name].Mode; {
		case mode == filemode.Executable, mode == filemode.Symlink, mode == filemode.Submodule:
			return 0
		case telling.MatchString(path.Base(name)):
			return 1
		}
		return 2
	}
	return slices.SortedStableFunc(slices.Values(names), func(a, b string) int { return cmp.Compare(weight(a), weight(b)) })
}

// telling fits the names of files that clusters, tools and interpreters go by.
var telling = regexp.MustCompile(`(?i)\.(?:ya?ml|json|jsonnet|libsonnet|toml|tf|tfvars|hcl|cue|rego|sh|bash|py|rb|js|ts|pl|go|groovy|tpl|gotmpl|mk|lock|cfg|ini|conf|xml|gradle)$|^(?:Dockerfile|Containerfile|Makefile|Jenkinsfile|Tiltfile|Vagrantfile|BUILD|WORKSPACE|CODEOWNERS)`)

// fromPlatform is the name of a file of the repository, from the platform's folder.
func fromPlatform(prefix, name string) string {
	if prefix == "." {
		return name
	}
	return strings.Repeat("../", strings.Count(prefix, "/")+1) + name
}
