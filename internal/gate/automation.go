package gate

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/revision"
)

// ciFolders are the folders of which a forge or a CI system runs what it finds; of .github/ it also takes settings, and
// texts for people, which are left out.
var ciFolders = []string{
	".github", ".gitea", ".forgejo", ".gitlab", ".tekton", ".circleci", ".buildkite", ".woodpecker", ".azure-pipelines", ".husky", ".ci",
}

// ciFiles are the files at the top of a repository that do the same.
var ciFiles = []string{
	".gitlab-ci.yml", "Jenkinsfile", "azure-pipelines.yml", ".azure-pipelines.yml", "bitbucket-pipelines.yml", ".drone.yml", ".woodpecker.yml",
	".woodpecker.yaml", ".travis.yml", ".cirrus.yml", ".semaphore/semaphore.yml", "cloudbuild.yaml", "buildspec.yml", ".mergify.yml", ".asf.yaml",
	"atlantis.yaml", "CODEOWNERS", "docs/CODEOWNERS", "OWNERS", "OWNERS_ALIASES",
}

// runners are the files that a program reads where a script does not name them.
var runners = map[string][]string{
	"make": {"Makefile", "GNUmakefile", "makefile"}, "gmake": {"Makefile", "GNUmakefile", "makefile"}, "just": {"justfile", "Justfile", ".justfile"},
	"task": {"Taskfile.yml", "Taskfile.yaml", "taskfile.yml"}, "npm": {"package.json"}, "yarn": {"package.json"}, "pnpm": {"package.json"},
	"pre-commit": {".pre-commit-config.yaml"}, "lefthook": {"lefthook.yml", ".lefthook.yml"}, "tox": {"tox.ini"}, "nox": {"noxfile.py"},
	"mage": {"magefile.go"}, "rake": {"Rakefile"}, "earthly": {"Earthfile"}, "docker": {"Dockerfile"}, "dagger": {"dagger.json"}, "bazel": {"BUILD", "WORKSPACE", "MODULE.bazel"},
}

// programForm fits the names of files that are run; what is run by other names begins with #!.
var programForm = regexp.MustCompile(`\.(?:sh|bash|zsh|ksh|fish|py|[cm]?js|[cm]?ts|rb|pl|php|lua|mk|make|ps1|groovy|go|cue)$|(?:^|/)action\.ya?ml$`)

// Bounds on what is read of what CI runs: files, their length together, and the words of one that are looked up.
const (
	maxAutomation     = 2000
	maxAutomationText = 32 << 20
	maxWords          = 20_000
	maxNamedFolders   = 50
)

// words fits what may name a file within a script.
var words = regexp.MustCompile(`[\w.@+/-]+`)

// gateForm fits the name of the program whose verdict counts.
var gateForm = regexp.MustCompile(`(?i)\btenon\b`)

// automation are the files of a repository that CI runs: what it finds by itself, and what that names, directly or not.
// What is compared as a part of the platform is left out.
type automation struct {
	repository revision.Repository
	prefix     string
	names      map[string]map[string]bool
	leadsTo    map[string][]string
	length     int
	// texts are the files by their names in the repository.
	texts map[string]string
	// from are the files that each leads to which CI finds by itself.
	from map[string][]string
	// gate are those by which tenon is run: a file that leads to it, and all that such a file leads to.
	gate map[string]bool
	// cut says that there are more than are read.
	cut bool
}

func automationOf(r revision.Revision) automation {
	a := automation{repository: r.Repository, prefix: r.Prefix, names: map[string]map[string]bool{}, leadsTo: map[string][]string{}, texts: map[string]string{}, from: map[string][]string{}, gate: map[string]bool{}}
	if r.Repository == nil {
		return a
	}
	for _, first := range a.first() {
		reached := a.reach(first)
		a.from[first] = reached
		if slices.ContainsFunc(reached, func(name string) bool { return gateForm.MatchString(a.texts[name]) && !owners(name) }) {
			for _, name := range reached {
				a.gate[name] = true
			}
		}
	}
	return a
}

// first are the files that CI systems and forges find by themselves.
func (a *automation) first() []string {
	var all []string
	for _, folder := range ciFolders {
		a.below(folder, func(name string) {
			if !forPeople(name) {
				all = append(all, name)
			}
		})
	}
	for _, name := range ciFiles {
		if a.has(name) {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// forPeople tells whether a file is a text that no program runs.
func forPeople(name string) bool {
	return strings.HasSuffix(name, ".md") || strings.Contains(name, "/ISSUE_TEMPLATE/") || path.Base(name) == "FUNDING.yml"
}

// owners tells whether a file says who must agree; it runs nothing, and forges go by the one of the base.
func owners(name string) bool {
	return strings.HasSuffix(name, "CODEOWNERS") || strings.HasPrefix(path.Base(name), "OWNERS")
}

// isProgram tells by its name whether a file is run, or says what is.
func isProgram(name string) bool {
	if slices.ContainsFunc(ciFolders, func(folder string) bool { return strings.HasPrefix(name, folder+"/") }) || slices.Contains(ciFiles, name) {
		return true
	}
	for _, files := range runners {
		if slices.Contains(files, path.Base(name)) {
			return true
		}
	}
	return programForm.MatchString(name)
}

// reach reads a file and those that it leads to.
func (a *automation) reach(first string) []string {
	seen := map[string]bool{first: true}
	queue := []string{first}
	for i := 0; i < len(queue); i++ {
		text, ok := a.read(queue[i])
		if !ok {
			continue
		}
		for _, name := range a.named(queue[i], text) {
			if !seen[name] {
				seen[name] = true
				queue = append(queue, name)
			}
		}
	}
	return slices.DeleteFunc(queue, func(name string) bool { _, ok := a.texts[name]; return !ok })
}

func (a *automation) read(name string) (string, bool) {
	if text, ok := a.texts[name]; ok {
		return text, true
	}
	if len(a.texts) >= maxAutomation || a.length > maxAutomationText {
		a.cut = true
		return "", false
	}
	text, ok := a.repository.Text(name)
	if ok = ok && (isProgram(name) || strings.HasPrefix(text, "#!")); ok {
		a.length += len(text)
		a.texts[name] = strings.ReplaceAll(text, "\r\n", "\n") // as git may have checked it out
	}
	return text, ok
}

// named are the files that a text names: from the top of the repository, from its own folder, from those on the way to
// the platform, and from those that it names itself.
func (a *automation) named(from, text string) []string {
	if owners(from) {
		return nil
	}
	if known, ok := a.leadsTo[from]; ok {
		return known
	}
	said := words.FindAllString(text, -1)
	slices.Sort(said)
	said = slices.Compact(said)
	if len(said) > maxWords {
		said, a.cut = said[:maxWords], true
	}
	folders := []string{"."}
	for at := path.Dir(from); at != "."; at = path.Dir(at) {
		folders = append(folders, at)
	}
	for at := path.Clean(a.prefix); at != "."; at = path.Dir(at) {
		folders = append(folders, at)
	}
	for _, word := range said {
		if name := path.Clean(word); a.isFolder(name) && len(folders) < maxNamedFolders {
			folders = append(folders, name)
		}
	}
	found := map[string]bool{}
	for _, folder := range folders {
		for _, word := range said {
			for _, name := range append(runners[word], word) {
				name = path.Join(folder, name)
				switch {
				case a.isPlatform(name) || forPeople(name):
				case a.has(name):
					found[name] = true
				case a.has(path.Join(name, "action.yml")) || a.has(path.Join(name, "action.yaml")):
					a.below(name, func(inner string) { found[inner] = true })
				}
			}
		}
	}
	a.leadsTo[from] = slices.Sorted(maps.Keys(found))
	return a.leadsTo[from]
}

// isPlatform tells whether a file is compared as a part of the platform.
func (a *automation) isPlatform(name string) bool {
	for _, folder := range []string{"cue", "overlays"} {
		if top := path.Join(a.prefix, folder); name == top || strings.HasPrefix(name, top+"/") {
			return true
		}
	}
	return false
}

// in lists what a folder holds, once.
func (a *automation) in(folder string) map[string]bool {
	known, ok := a.names[folder]
	if !ok {
		known = map[string]bool{}
		for _, name := range a.repository.Names(folder) {
			known[name] = true
		}
		a.names[folder] = known
	}
	return known
}

// leads tells whether all folders of a path are there, so that no listing is made for words that are none.
func (a *automation) leads(dir string) bool {
	return dir == "." || dir != ".." && !strings.HasPrefix(dir, "../") && !strings.HasPrefix(dir, "/") && a.leads(path.Dir(dir)) && a.in(path.Dir(dir))[path.Base(dir)+"/"]
}

func (a *automation) has(name string) bool {
	return a.leads(path.Dir(name)) && a.in(path.Dir(name))[path.Base(name)]
}

func (a *automation) isFolder(name string) bool {
	return name != "." && name != "/" && !strings.HasPrefix(name, "..") && a.leads(name)
}

// below visits the files below a folder.
func (a *automation) below(folder string, visit func(string)) {
	if !a.isFolder(folder) {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(a.in(folder))) {
		if inner, is := strings.CutSuffix(name, "/"); is {
			a.below(path.Join(folder, inner), visit)
		} else {
			visit(path.Join(folder, name))
		}
	}
}

// objects are files as objects, so that the review shows what changes in them.
func (a automation) objects(names []string) []manifest.Object {
	var all []manifest.Object
	for _, name := range names {
		if text, ok := a.repository.Text(name); ok {
			all = append(all, asObject(name, strings.ReplaceAll(text, "\r\n", "\n")))
		}
	}
	return all
}

// differing are the files that CI runs and that are not the same in both revisions.
func differing(before, after automation) []string {
	if before.repository == nil || after.repository == nil {
		return nil
	}
	var all []string
	names := maps.Clone(before.texts)
	maps.Copy(names, after.texts)
	for name := range names {
		// What one revision only leads to is there in the other, too.
		was, had := before.repository.Text(name)
		is, has := after.repository.Text(name)
		if had != has || strings.ReplaceAll(was, "\r\n", "\n") != strings.ReplaceAll(is, "\r\n", "\n") {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// automation adds what changes of that which CI runs: the head's own copy is run for the head.
func (m *meaning) automation(before, after automation) {
	gate := maps.Clone(before.gate)
	for first, reached := range after.from {
		for _, name := range reached {
			gate[name] = gate[name] || before.gate[first]
		}
	}
	for _, name := range differing(before, after) {
		i := item{"op": "changed", "object": finding.Object{APIVersion: "tenon.dev/v1", Kind: "File", Name: name}, "gate": gate[name], "owners": owners(name)}
		_, had := before.repository.Text(name)
		_, has := after.repository.Text(name)
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
	if before.repository != nil && after.cut && !before.cut {
		m.add("automation", item{"op": "cut", "object": finding.Object{}, "gate": true, "owners": false, "most": maxAutomation}, finding.Target{})
	}
}

// fromPlatform is the name of a file of the repository, from the platform's folder.
func fromPlatform(prefix, name string) string {
	if prefix = path.Clean(prefix); prefix == "." {
		return name
	}
	return strings.Repeat("../", strings.Count(prefix, "/")+1) + name
}
