package plugs_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// hook is one of .pre-commit-hooks.yaml.
type hook struct {
	ID, Entry, Language, Files string
	Args                       []string
	PassFilenames              *bool `json:"pass_filenames"`
}

func hooks(t *testing.T) map[string]hook {
	t.Helper()
	var all []hook
	read(t, ".pre-commit-hooks.yaml", &all)
	byID := map[string]hook{}
	for _, h := range all {
		byID[h.ID] = h
		if _, err := regexp.Compile(h.Files); err != nil || h.Language != "golang" {
			t.Errorf("hook %s: language %q: %v", h.ID, h.Language, err)
		}
	}
	return byID
}

// TestHooks runs each hook by its entry, before a commit that is right and before one that is wrong.
func TestHooks(t *testing.T) {
	all := hooks(t)
	repo := repository(t)
	run(t, repo, "git", "update-ref", "refs/remotes/origin/main", "main")
	for _, c := range []struct{ hook, right, wrong string }{
		{"tenon-check", "promotion", "unknown-field"},
		{"tenon-render", "overlays", "overlays-stale"},
		{"tenon-gate", "promotion", "wildcard-verb"},
	} {
		t.Run(c.hook, func(t *testing.T) {
			for branch, want := range map[string]int{c.right: 0, c.wrong: 1} {
				run(t, repo, "git", "checkout", "-q", "-f", branch)
				all[c.hook].wants(t, repo, branch, want)
			}
		})
	}
}

// wants runs a hook in a repository as pre-commit does. None is given names of files: whoever adds a file chooses its name,
// and a kustomization is built where its folder is named.
func (h hook) wants(t *testing.T, repo, what string, want int) {
	t.Helper()
	if h.ID == "" || h.PassFilenames == nil || *h.PassFilenames {
		t.Fatalf("hook %q is not there, or is given names of files", h.ID)
	}
	script := strings.Join(append([]string{h.Entry}, h.Args...), " ")
	if out, code := bash(t, repo, script, tenonOnPath(t)); code != want {
		t.Errorf("%s on %q: exit %d, want %d\n%s", script, what, code, want, out)
	}
}

// TestManifestsHook: in a repository without a platform overlays are what people write, and kustomizations are built.
func TestManifestsHook(t *testing.T) {
	h, repo := hooks(t)["tenon-manifests"], t.TempDir()
	run(t, repo, "git", "init", "-q")
	write := func(name, text string) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(repo, name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(repo, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(h.Files).MatchString(name) {
			t.Errorf("%s does not have the hook run", name)
		}
	}
	service := `{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "a"}, "spec": {"selector": {"a": "b"}, "ports": [{"port": 80}]}}`
	write("base/service.json", service)
	write("base/kustomization.yaml", "resources: [service.json]\n")
	write("overlays/prod/Kustomization", "resources: [../../base]\n")
	h.wants(t, repo, "what is right", 0)
	write("overlays/prod/Kustomization", "resources: [../../base]\npatches: [{target: {kind: Service}, patch: '[{op: replace, path: /spec/ports/0/port, value: 99999}]'}]\n")
	h.wants(t, repo, "a wrong patch", 1)
}

// TestPreCommit lets the real pre-commit install tenon from this repository and run a hook.
func TestPreCommit(t *testing.T) {
	if os.Getenv("TENON_E2E") == "" {
		t.Skip("compiles tenon anew: make e2e runs it")
	}
	repo := repository(t)
	cache := run(t, ".", "go", "env", "GOMODCACHE")
	env := []string{"PRE_COMMIT_HOME=" + t.TempDir(), "GOMODCACHE=" + cache}
	for branch, want := range map[string]int{"promotion": 0, "unknown-field": 1} {
		run(t, repo, "git", "checkout", "-q", "-f", branch)
		out, code := bash(t, repo, "pre-commit try-repo "+root(t)+" tenon-check --all-files", env...)
		if code != want || !strings.Contains(out, "tenon check") {
			t.Errorf("%s: exit %d, want %d\n%s", branch, code, want, out)
		}
	}
}

func remarshal(t *testing.T, from, into any) {
	t.Helper()
	text, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}
