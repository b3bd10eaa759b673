package gate

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"tenon.dev/tenon/internal/pattern"
)

// ciFolders are the folders of which a forge or a CI system runs what it finds; of .github/ it also takes settings, and
// texts for people, which are left out.
var ciFolders = []string{
	".github", ".gitea", ".forgejo", ".gitlab", ".tekton", ".circleci", ".buildkite", ".woodpecker", ".azure-pipelines", ".husky", ".ci", ".builds", ".teamcity",
	".prow", ".zuul.d", "zuul.d", ".semaphore", ".harness", ".codefresh", ".drone", ".lighthouse", ".jenkins-x", ".build", ".vela", ".onedev", ".mergify", ".screwdriver", ".kokoro", ".evergreen",
}

// ciFiles are the files at the top of a repository that do the same.
var ciFiles = []string{
	".gitlab-ci.yml", ".gitlab-ci.yaml", "Jenkinsfile", "azure-pipelines.yml", "azure-pipelines.yaml", ".azure-pipelines.yml", "bitbucket-pipelines.yml", ".drone.yml", ".drone.yaml",
	".drone.jsonnet", ".drone.star", ".woodpecker.yml", ".woodpecker.yaml", ".travis.yml", ".cirrus.yml", ".cirrus.star", "cloudbuild.yaml", "cloudbuild.yml", "buildspec.yml", "appveyor.yml",
	".appveyor.yml", ".prow.yaml", ".zuul.yaml", "zuul.yaml", "codefresh.yml", "bitrise.yml", "wercker.yml", ".mergify.yml", ".asf.yaml", "atlantis.yaml", ".pre-commit-config.yaml",
	".pre-commit-hooks.yaml", "lefthook.yml", ".lefthook.yml", "renovate.json", "Earthfile", "dagger.json", ".build.yml", ".build.yaml", ".vela.yml", ".vela.yaml", "screwdriver.yaml", "screwdriver.yml", ".onedev-buildspec.yml", ".onedev-buildspec.yaml",
	".policy.yml", ".policy.yaml", ".pullapprove.yml", ".bulldozer.yml", ".kodiak.toml", "bors.toml", ".renovaterc", ".renovaterc.json", "renovate.json5", ".travis.yaml", "buildkite.yml", "buildspec.yaml", "circle.yml", ".scrutinizer.yml", ".lgtm.yml", "shippable.yml",
	"evergreen.yml", ".evergreen.yml", "Jenkinsfile.groovy", "semaphore.yml", ".harness.yaml", "concourse.yml", "pipeline.yml", ".gocd.yaml", "teamcity-settings.kts", ".lefthook.yaml", "lefthook.yaml", "lefthook.toml",
}

// runners are the files that a program reads where a script does not name them.
var runners = map[string][]string{
	"make": {"Makefile", "GNUmakefile", "makefile"}, "gmake": {"Makefile", "GNUmakefile", "makefile"}, "just": {"justfile", "Justfile", ".justfile"},
	"task": {"Taskfile.yml", "Taskfile.yaml", "taskfile.yml", "taskfile.yaml", "Taskfile.dist.yml", "Taskfile.dist.yaml"}, "npm": {"package.json", ".npmrc"}, "npx": {"package.json", ".npmrc"}, "yarn": {"package.json", ".yarnrc", ".yarnrc.yml"},
	"pnpm": {"package.json", ".npmrc"}, "pre-commit": {".pre-commit-config.yaml"}, "lefthook": {"lefthook.yml", ".lefthook.yml"}, "tox": {"tox.ini", "setup.cfg"}, "nox": {"noxfile.py"},
	"pytest": {"conftest.py", "pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml"}, "pip": {"setup.py", "setup.cfg", "pyproject.toml", "pip.conf"}, "uv": {"pyproject.toml", "uv.toml"},
	"nix": {"flake.nix", "shell.nix", "default.nix"}, "nix-shell": {"shell.nix", "default.nix"}, "devbox": {"devbox.json"}, "bundle": {"Gemfile"}, "bundler": {"Gemfile"}, "poetry": {"pyproject.toml", "poetry.toml"},
	"pixi": {"pixi.toml", "pyproject.toml"}, "pdm": {"pyproject.toml"}, "hatch": {"pyproject.toml", "hatch.toml"}, "rye": {"pyproject.toml"}, "invoke": {"tasks.py", "invoke.yaml"}, "inv": {"tasks.py", "invoke.yaml"},
	"bun": {"package.json", "bunfig.toml"}, "bunx": {"package.json", "bunfig.toml"}, "deno": {"deno.json", "deno.jsonc"}, "cargo": {"Cargo.toml", "Makefile.toml", "build.rs", ".cargo/config.toml"}, "composer": {"composer.json"},
	"ansible-playbook": {"ansible.cfg"}, "ansible": {"ansible.cfg"}, "mage": {"magefile.go"}, "rake": {"Rakefile"}, "earthly": {"Earthfile"}, "docker": {"Dockerfile", "docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml", "docker-compose.override.yml", "docker-compose.override.yaml", "compose.override.yml", "compose.override.yaml", ".env", "docker-bake.hcl", "docker-bake.json", "docker-bake.override.hcl"},
	"docker-compose": {"docker-compose.yml", "docker-compose.yaml", "docker-compose.override.yml", "docker-compose.override.yaml", ".env"}, "podman": {"Dockerfile", "Containerfile"}, "buildah": {"Dockerfile", "Containerfile"}, "dagger": {"dagger.json"},
	"bazel": {"BUILD", "BUILD.bazel", "WORKSPACE", "MODULE.bazel", ".bazelrc"}, "gradle": {"build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"},
	"gradlew": {"build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"}, "mvn": {"pom.xml"}, "cmake": {"CMakeLists.txt"}, "direnv": {".envrc"}, "mise": {"mise.toml", ".mise.toml", ".config/mise/config.toml", "mise/config.toml", ".mise/config.toml"},
}

// imports are programs that also run what lies beside a file that they are given.
var imports = pattern.New(`\.(?:py|[cm]?js|[cm]?ts|rb|pl|php|lua|go)$`)

// endings are what such programs leave out of a file's name.
var endings = []string{".py", ".js", ".mjs", ".cjs", ".ts", ".rb", "/index.js", "/index.ts", "/__main__.py", "/__init__.py", "/main.go"}

// words fits what may name a file within a script, and quoted a name with blanks in it.
var (
	words  = pattern.New(`[\p{L}\p{M}\p{N}_.@+~/-]+`)
	quoted = pattern.New(`"([^"\n]{1,200})"|'([^'\n]{1,200})'`)
)

// dependencies are files that say which versions of others are used: they change every day, and run nothing themselves.
var dependencies = pattern.New(`^(?:go\.(?:mod|sum|work|work\.sum)|.*[.-]lock(?:\.(?:json|ya?ml|hcl|cue))?|.*-lock\.(?:json|ya?ml)|requirements.*\.(?:txt|in)|\.(?:go|node|python|ruby|tool)-versions?|LICENSE.*|CHANGELOG.*|README.*)$`)

func isDependency(base string) bool { return dependencies.MatchString(base) }

// chooses fits the lines of such a file that say where else code comes from, or name the gate's own program.
var chooses = pattern.New(`(?im)^.*(?:^\s*replace\b|=>|\bgit\+|--(?:extra-)?index-url|--find-links|--trusted-host|^\s*(?:-e|--editable)\s|\s@\s*(?:https?|file|git|ssh)|^\s*(?:\.{1,2}/|file:|https?:)|\btenon\b).*$`)

// chosen are these lines.
func chosen(text string) []string { return chooses.FindAllString(text, -1) }

// runsIt fits a program that runs whatever file it is given.
var runsIt = pattern.New(`(?:^|[\s;&|(])(?:(?:ba|z|da|k)?sh|source|\.|python[0-9.]*|node|ruby|perl|make\s+-f)\s+(?:-\S+\s+)*["']?$`)

// isFirst tells whether CI finds a file by itself.
func isFirst(name string) bool {
	if isOwners(name) {
		return true
	}
	if slices.ContainsFunc(ciFolders, func(folder string) bool { return strings.HasPrefix(name, folder+"/") }) {
		return !strings.HasSuffix(name, ".md") && path.Base(name) != "FUNDING.yml" && !strings.HasPrefix(name, ".github/ISSUE_TEMPLATE/")
	}
	return slices.Contains(ciFiles, name)
}

// isOwners tells whether a file says who must agree; it runs nothing, and forges go by the one of the base.
func isOwners(name string) bool {
	return slices.Contains([]string{"CODEOWNERS", "OWNERS", "OWNERS_ALIASES"}, path.Base(name))
}

// isPlatform tells whether a file is judged as a part of the platform: its CUE, but for commands of the cue tool, and its
// overlays.
func (a *automation) isPlatform(name string) bool {
	below := func(folder string) bool { return strings.HasPrefix(name, path.Join(a.prefix, folder)+"/") }
	return below("overlays") || below("cue") && strings.HasSuffix(name, ".cue") && !strings.HasSuffix(name, "_tool.cue") && a.otherPlatform(name) == ""
}

// otherPlatform is the folder cue/platform that a file lies in, where that is not the platform's own but one below its
// folder or above it: an Application has both above it, so that what is rendered is not what is judged.
func (a *automation) otherPlatform(name string) string {
	const folder = "/cue/platform/"
	for at, from := 0, 0; ; from = at + 1 {
		i := strings.Index(("/" + name)[from:], folder)
		if i < 0 {
			return ""
		}
		at = from + i
		root := path.Clean(name[:max(0, at-1)])
		if root != a.prefix && (isBelow(root, a.prefix) || isBelow(a.prefix, root)) {
			return path.Join(root, folder[1:])
		}
	}
}

// leadsHere tells whether a file is a symlink to the platform's folder, or to one above it within the repository: CI that
// enters the folder by it judges another one than is named.
func (a *automation) leadsHere(name string) bool {
	if a.entries[name].Mode != filemode.Symlink || a.prefix == "." {
		return false
	}
	to, _, err := a.repository.Text(name)
	to = path.Join(path.Dir(name), to)
	return err != nil || to == a.prefix || to != "." && isBelow(a.prefix, to)
}

// isBelow tells whether a folder is in another one.
func isBelow(folder, of string) bool { return of == "." || strings.HasPrefix(folder, of+"/") }

// platforms are the other platforms that files lie in.
func (a *automation) platforms() map[string]bool {
	all := map[string]bool{}
	for name := range a.entries {
		if folder := a.otherPlatform(name); folder != "" {
			all[folder] = true
		}
	}
	return all
}

// named are the files that a text names: from the top of the repository, from its own folder, from those on the way to
// the platform, and from those that it names itself.
func (a *automation) named(from, text string) []string {
	if isOwners(from) {
		return nil
	}
	said := a.wordsOf(text)
	folders := a.foldersOf(from, said)
	found := map[string]bool{}
	add := func(name string) {
		if !a.isPlatform(name) && !isDependency(path.Base(name)) && (!strings.HasSuffix(name, ".md") || isRun(text, path.Base(name))) {
			found[name] = true
		}
	}
	said = slices.DeleteFunc(said, func(word string) bool { return !a.mayLead(word) })
	for _, folder := range folders {
		for _, word := range said {
			for _, name := range append(runners[path.Base(word)], word) {
				a.take(path.Join(folder, name), text, add)
			}
		}
	}
	if strings.Contains(text, "cue cmd") {
		a.below(path.Join(a.prefix, "cue"), func(name string) {
			if strings.HasSuffix(name, "_tool.cue") {
				add(name)
			}
		})
	}
	if imports.MatchString(from) && path.Dir(from) != "." {
		a.below(path.Dir(from), func(name string) {
			if imports.MatchString(name) {
				add(name)
			}
		})
	}
	return slices.Sorted(maps.Keys(found))
}

// mayLead tells whether a word can be the path to something: it ends as an entry does, or leads through a link. Most words of a
// text are nothing of the kind, and each would be looked for from every folder.
func (a *automation) mayLead(word string) bool {
	if a.bases == nil {
		a.bases, a.through = map[string]bool{".": true, "..": true}, map[string]bool{}
		for name, entry := range a.entries {
			if entry.Mode == filemode.Symlink || entry.Mode == filemode.Submodule {
				a.through[path.Base(name)] = true
			}
			for at := name; at != "."; at = path.Dir(at) {
				a.bases[path.Base(at)] = true
			}
			for _, ending := range endings {
				if bare, is := strings.CutSuffix(name, ending); is {
					a.bases[path.Base(bare)] = true
				}
			}
		}
	}
	if a.bases[path.Base(path.Clean(word))] || runners[path.Base(word)] != nil {
		return true
	}
	if len(a.through) == 0 {
		return false
	}
	return slices.ContainsFunc(strings.Split(word, "/"), func(part string) bool { return a.through[part] })
}

// goRun fits what runs a folder of Go or a package of Python.
var goRun = pattern.New(`\bgo\s+(?:run|build|test|install)\b|\bpython[0-9.]*\s+-m\b`)

// take adds what a path leads to: a file, an action, a package.
func (a *automation) take(name, text string, add func(string)) {
	used, file, folder := a.resolve(name)
	for _, link := range used {
		add(link)
	}
	switch {
	case file != "":
		add(file)
	case folder != "" && (a.folders[folder]["action.yml"] || a.folders[folder]["action.yaml"]):
		if folder == "." {
			for _, name := range []string{"action.yml", "action.yaml"} {
				if a.folders[folder][name] {
					add(name)
				}
			}
			break
		}
		a.below(folder, add)
	case folder != "" && folder != "." && runsAll(text, folder):
		a.below(folder, add)
	case folder != "" && folder != "." && goRun.MatchString(text):
		a.below(folder, func(name string) {
			if imports.MatchString(name) {
				add(name)
			}
		})
	case folder == "" && name != ".":
		for _, ending := range endings {
			if a.entries[name+ending].Mode != 0 {
				add(name + ending)
			}
		}
	}
}

// runsAll tells whether a text goes through the files of a folder: by a pattern, or a program that lists or runs them.
func runsAll(text, folder string) bool {
	base := path.Base(folder)
	for from := 0; ; {
		i := strings.Index(text[from:], base)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(base)
		line := text[strings.LastIndexByte(text[:start], '\n')+1 : start]
		if allBehind.MatchString(text[end:min(end+40, len(text))]) || listing.MatchString(line) {
			return true
		}
		from = end
	}
}

// allBehind fits a pattern of files behind a folder, and listing a program before it that goes through one.
var (
	allBehind = pattern.New(`^["'}]*/["']?[^\s;|&)]*[*?\[{]`)
	listing   = pattern.New(`(?:^|[\s;&|($"'` + "`" + `])(?:run-parts|find|fd|ls|bats|xargs|pytest|prove|shunit2|roundup)\s[^\n;|&]*$`)
)

// isRun tells whether a text gives a file to a program that runs it.
func isRun(text, base string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], base)
		if i < 0 {
			return false
		}
		start := from + i
		for start > 0 && !strings.ContainsRune(" \t\n\"'", rune(text[start-1])) {
			start--
		}
		if runsIt.MatchString(text[max(0, start-64):start]) {
			return true
		}
		from += i + len(base)
	}
}

// wordsOf are the words of a text that may be paths.
func (a *automation) wordsOf(text string) []string {
	said := map[string]bool{}
	for _, word := range words.FindAllString(text, -1) {
		said[strings.TrimLeft(word, "/")] = true
		if _, rest, several := strings.Cut(word, "/"); several {
			said[rest] = true // behind the name of a variable
		}
		if strings.Contains(word, ".") && !strings.Contains(word, "/") {
			said[strings.ReplaceAll(word, ".", "/")] = true // a package of Python
		}
	}
	for _, m := range quoted.FindAllStringSubmatch(text, -1) {
		if name := m[1] + m[2]; strings.Contains(name, " ") {
			said[name] = true
		}
	}
	delete(said, "")
	all := slices.Sorted(maps.Keys(said))
	if len(all) > maxWords {
		all, a.cut = all[:maxWords], true
	}
	return all
}

// foldersOf are the folders from which a file names others.
func (a *automation) foldersOf(from string, said []string) []string {
	folders := []string{"."}
	for at := path.Dir(from); at != "."; at = path.Dir(at) {
		folders = append(folders, at)
	}
	for at := a.prefix; at != "." && at != "/" && !strings.HasPrefix(at, ".."); at = path.Dir(at) {
		folders = append(folders, at)
	}
	for _, word := range said {
		name := path.Clean(word)
		if name == "." || a.folders[name] == nil || slices.Contains(folders, name) {
			continue
		}
		if len(folders) >= maxNamedFolders {
			a.cut = true
			break
		}
		folders = append(folders, name)
	}
	return folders
}

// maxLinks bounds the symlinks that one path leads through.
const maxLinks = 10

// resolve follows a path within the repository: the symlinks and submodules that it leads through, and the file or
// folder that it comes to, if there is one.
func (a *automation) resolve(name string) (used []string, file, folder string) {
	for range maxLinks {
		at, rest := ".", strings.Split(path.Clean(name), "/")
		again := false
		for i, part := range rest {
			at = path.Join(at, part)
			entry, isEntry := a.entries[at]
			switch {
			case strings.HasPrefix(at, ".."):
				return used, "", ""
			case isEntry && entry.Mode == filemode.Submodule:
				return append(used, at), "", ""
			case isEntry && entry.Mode == filemode.Symlink:
				target, _, err := a.repository.Text(at)
				if err != nil || path.IsAbs(target) {
					return append(used, at), "", ""
				}
				used = append(used, at)
				name, again = path.Join(path.Dir(at), target, path.Join(rest[i+1:]...)), true
			case isEntry && i == len(rest)-1:
				return used, at, ""
			case a.folders[at] == nil:
				return used, "", ""
			}
			if again {
				break
			}
		}
		if !again {
			return used, "", at
		}
	}
	return used, "", ""
}

// below visits the files below a folder.
func (a *automation) below(folder string, visit func(string)) {
	for _, name := range slices.Sorted(maps.Keys(a.folders[folder])) {
		if inner, is := strings.CutSuffix(name, "/"); is {
			a.below(path.Join(folder, inner), visit)
		} else {
			visit(path.Join(folder, name))
		}
	}
}
