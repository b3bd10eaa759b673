package plugs_test

import (
	"strings"
	"testing"
)

// TestGitLab runs the job of docs/ci/gitlab.yml with the variables that GitLab sets in merge requests:
// one change passes, one is blocked.
func TestGitLab(t *testing.T) {
	var file struct {
		Tenon struct {
			Variables            map[string]string
			BeforeScript, Script []string
			Artifacts            struct {
				Paths   []string
				Reports struct{ Codequality, Junit string }
			}
		}
	}
	var raw map[string]map[string]any
	read(t, "docs/ci/gitlab.yml", &raw)
	raw["tenon"]["beforeScript"] = raw["tenon"]["before_script"]
	delete(raw["tenon"], "before_script")
	remarshal(t, raw, &file)
	job := file.Tenon
	script := strings.Join(append(job.BeforeScript, job.Script...), "\n")
	repo := repository(t)
	for branch, want := range map[string]int{"promotion": 0, "wildcard-verb": 1} {
		for _, base := range []string{"CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "CI_MERGE_REQUEST_DIFF_BASE_SHA"} {
			t.Run(branch+" "+base, func(t *testing.T) {
				dir := clone(t, repo, branch)
				env := []string{tenonOnPath(t), base + "=" + run(t, repo, "git", "rev-parse", "main")}
				for name, value := range job.Variables {
					env = append(env, name+"="+value)
				}
				out, code := bash(t, dir, script, env...)
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
}
