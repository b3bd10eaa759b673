package variants

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	consoleBlock = regexp.MustCompile("(?ms)^ *```console\n(.*?)^ *```$")
	numbers      = regexp.MustCompile(`\([0-9a-f]{7}\)|[0-9]+`)
)

// TestPages runs what the pages beside the tutorial show people to type, in folders that these could stand in. Numbers may
// be others, and what needs a cluster or a registry is left out.
func TestPages(t *testing.T) {
	t.Setenv("HOME", tenonOnPath(t))
	for page, prepare := range map[string]func(*testing.T, string, int){
		"docs/noise.md": func(t *testing.T, dir string, _ int) { manifests(t, dir) },
		"docs/argocd.md": func(t *testing.T, dir string, _ int) {
			if out, err := exec.Command("tenon", "init", dir).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
		},
		"README.md": readme,
	} {
		t.Run(page, func(t *testing.T) { runPage(t, page, prepare) })
	}
}

func runPage(t *testing.T, page string, prepare func(*testing.T, string, int)) {
	text, err := os.ReadFile(filepath.Join(root, page))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "work")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	ran := 0
	for i, m := range consoleBlock.FindAllStringSubmatch(string(text), -1) {
		if strings.HasPrefix(m[1], "$ make\n") {
			m[1] = "" // what it shows is what make prints: the demo's own test
		}
		prepare(t, dir, i)
		for _, step := range regexp.MustCompile(`(?m)^ *\$ `).Split(m[1], -1)[1:] {
			command, want, _ := strings.Cut(step, "\n")
			command, _, _ = strings.Cut(strings.ReplaceAll(command, "go run ./cmd/tenon", "tenon"), "  #")
			if strings.HasPrefix(command, "make") || strings.HasPrefix(command, "go install") || strings.Contains(command, "kubectl") {
				continue // these are the tests' own ways in, or need a cluster
			}
			if to, ok := strings.CutPrefix(strings.TrimSpace(command), "cd "); ok {
				dir = filepath.Join(dir, to)
				continue
			}
			ran++
			got := printed(dir, strings.ReplaceAll(command, "sha256:DIGEST", "sha256:"+strings.Repeat("1", 64)))
			if want = unindented(want); strings.TrimSpace(want) != "" && !shown(numbers.ReplaceAllString(want, "N"), numbers.ReplaceAllString(strings.Replace(got, "[exit code 1]\n", "", 1), "N")) {
				t.Errorf("$ %s\nprints:\n%s\nthe page shows:\n%s", command, got, want)
			}
			if strings.Contains(got, "[exit code 2]") || strings.Contains(got, "[exit code 3]") {
				t.Errorf("$ %s\n%s", command, got)
			}
		}
	}
	if ran == 0 {
		t.Error("the page has no block that was run")
	}
}

// unindented takes away what a list puts before the lines of a block.
func unindented(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, "   ")
	}
	if text == "" || !strings.HasPrefix(text, "   ") {
		return text
	}
	return strings.Join(lines, "\n")
}

// manifests are two of somebody's, with some findings.
func manifests(t *testing.T, dir string) {
	t.Helper()
	write(t, filepath.Join(dir, "task.yaml"), "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: build, namespace: ci}\nspec:\n  params: [{name: branch}]\n  steps:\n  - name: build\n    image: golang:latest\n    script: |\n      git checkout $(params.branch)\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: ci}\ndata: {mode: fast}\n")
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// readme lays the reference platform out, as a clone has it, and makes the edits that the page asks for before a block.
func readme(t *testing.T, dir string, block int) {
	t.Helper()
	edit := func(file, old, now string) {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil || !strings.Contains(string(text), old) {
			t.Fatalf("%s has no %q: %v", file, old, err)
		}
		write(t, filepath.Join(dir, file), strings.Replace(string(text), old, now, 1))
	}
	switch {
	case block == 0:
		for _, folder := range []string{"cue", "overlays"} {
			if err := os.CopyFS(filepath.Join(dir, folder), os.DirFS(filepath.Join(root, folder))); err != nil {
				t.Fatal(err)
			}
		}
		if out, err := exec.Command("sh", "-c", "cd "+dir+" && git init -q -b main && git add -A && git commit -qm a").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	case strings.Contains(blocks(t, "README.md")[block], "tenon check\ncue/platform"):
		edit("cue/platform/dev/dev.cue", "perNode: 4", "perNode: 1")
		edit("cue/platform/platform.cue", "\tnotebooks: {\n", "\tnotebooks: {\n\t\tgpus: 4\n")
	case strings.Contains(blocks(t, "README.md")[block], "manifests/"):
		manifests(t, filepath.Join(dir, "manifests"))
		write(t, filepath.Join(dir, "run.yaml"), "apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {generateName: build-, namespace: ci}\nspec: {taskRef: {name: build}, params: [{name: branch, value: main}]}\n")
		write(t, filepath.Join(dir, "cluster.cue"), "kubernetes: \"1.37\"\n")
	}
}

func blocks(t *testing.T, page string) (all []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, page))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range consoleBlock.FindAllStringSubmatch(string(text), -1) {
		all = append(all, m[1])
	}
	return all
}
