package plugs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// gitLabJob is the job of docs/ci/gitlab.yml.
type gitLabJob struct {
	Variables            map[string]string
	BeforeScript, Script []string
	Artifacts            struct {
		Paths   []string
		Reports struct{ Codequality, Junit string }
	}
}

func readGitLab(t *testing.T) gitLabJob {
	t.Helper()
	var raw map[string]map[string]any
	read(t, "docs/ci/gitlab.yml", &raw)
	raw["tenon"]["beforeScript"] = raw["tenon"]["before_script"]
	delete(raw["tenon"], "before_script")
	var file struct{ Tenon gitLabJob }
	remarshal(t, raw, &file)
	return file.Tenon
}

// run runs the job on a branch of a repository, in a clone as GitLab makes it.
func (j gitLabJob) run(t *testing.T, repo, branch string) (dir, out string, code int) {
	t.Helper()
	dir = clone(t, repo, branch)
	if j.Variables["GIT_DEPTH"] == "0" {
		run(t, dir, "git", "fetch", "--quiet", "--unshallow")
	}
	env := []string{tenonOnPath(t), "CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main"}
	for name, value := range j.Variables {
		env = append(env, name+"="+value)
	}
	out, code = bash(t, dir, strings.Join(append(j.BeforeScript, j.Script...), "\n"), env...)
	return dir, out, code
}

// TestGitLab runs the job with the variables that GitLab sets in merge requests: one change passes, one is blocked.
func TestGitLab(t *testing.T) {
	job, repo := readGitLab(t), repository(t)
	for branch, want := range map[string]int{"promotion": 0, "wildcard-verb": 1} {
		t.Run(branch, func(t *testing.T) {
			dir, out, code := job.run(t, repo, branch)
			if code != want {
				t.Errorf("exit %d, want %d\n%s", code, want, out)
			}
			if !strings.Contains(out, "What it means") {
				t.Errorf("the log does not say what the change means:\n%s", out)
			}
			holds(t, dir, append(job.Artifacts.Paths, job.Artifacts.Reports.Codequality, job.Artifacts.Reports.Junit)...)
		})
	}
}

// TestGitLabOldBase: who begins a branch at an old commit is judged by the rules of the branch that it goes to, and no
// report that the branch brings is shown as one of the job.
func TestGitLabOldBase(t *testing.T) {
	job, repo := readGitLab(t), repository(t)
	git := func(args ...string) {
		run(t, repo, "git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)...)
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(repo, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		git("add", "-f", name)
	}
	git("switch", "-q", "main")
	write("cue/platform/lowered.cue", "package platform\n\nplatform: rules: \"rbac/wildcard\": {severity: \"info\", reason: \"While the cluster is set up.\"}\n")
	git("commit", "-qm", "lowered")
	git("branch", "old")
	git("rm", "-q", "cue/platform/lowered.cue")
	git("commit", "-qm", "raised")
	git("switch", "-q", "old")
	git("cherry-pick", "wildcard-verb")
	write("tenon.html", "forged")
	git("commit", "-qm", "forged")
	dir, out, code := job.run(t, repo, "old")
	if code != 1 || !strings.Contains(out, "error rbac/wildcard") {
		t.Errorf("exit %d\n%s", code, out)
	}
	if page, err := os.ReadFile(filepath.Join(dir, "tenon.html")); err != nil || string(page) == "forged" {
		t.Errorf("the page is that of the branch: %v", err)
	}
}
