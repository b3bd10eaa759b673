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
	pod := filepath.Join(repo, "pod.yaml")
	for _, c := range []struct {
		hook, right, wrong string
		files              string
	}{
		{"tenon-check", "promotion", "unknown-field", ""},
		{"tenon-render", "overlays", "overlays-stale", ""},
		{"tenon-gate", "promotion", "wildcard-verb", ""},
		{"tenon-manifests", "main", "", pod},
	} {
		t.Run(c.hook, func(t *testing.T) {
			h, ok := all[c.hook]
			if !ok {
				t.Fatalf("no hook %s", c.hook)
			}
			if passes := h.PassFilenames == nil || *h.PassFilenames; passes != (c.files != "") {
				t.Errorf("pass_filenames is %v", passes)
			}
			script := strings.Join(append([]string{h.Entry}, append(h.Args, c.files)...), " ")
			for branch, want := range map[string]int{c.right: 0, c.wrong: 1} {
				if branch != "" {
					run(t, repo, "git", "checkout", "-q", "-f", branch)
				}
				image := "registry.example.com/a:1@sha256:" + strings.Repeat("0", 64)
				if c.files != "" && want == 1 {
					image = ""
				}
				manifest := `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"image": "` + image + `"}}`
				if image == "" {
					manifest = `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "dta": {}}`
				}
				if err := os.WriteFile(pod, []byte(manifest), 0o666); err != nil {
					t.Fatal(err)
				}
				if out, code := bash(t, repo, script, tenonOnPath(t)); code != want {
					t.Errorf("%s on %q: exit %d, want %d\n%s", script, branch, code, want, out)
				}
				if err := os.Remove(pod); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
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
