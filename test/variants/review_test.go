package variants

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"

	"tenon.dev/tenon/internal/cli"
)

// TestMain lets this binary stand for tenon in the scripts of tasks.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "tenon" {
		os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// reviews adds the review of changes to the reference platform.
var reviews = []change{
	{"platform.cue", "\tteams: genomics: {", "\treviews: {repository: \"https://github.com/example/gpu-platform\", pool: \"cpu\"}\n\tteams: genomics: {"},
	{"images.lock.cue", "\ttkn: {", "\ttenon: {tag: \"v0.1.0-debug\", digest: \"sha256:3c49d11063aec4e80ddd220810a2b67749b28858c36545fc200a451e11ae3d07\"}\n\ttkn: {"},
}

// TestReview renders the gate's own task, which passes the check, and runs its scripts on a real
// repository: one change passes, one is blocked.
func TestReview(t *testing.T) {
	task := find[pipelinev1.Task](t, prod(t, reviews...), "Task", "platform-review")
	root, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	repository := filepath.Join(t.TempDir(), "repository")
	if out, err := exec.Command("sh", filepath.Join(root, "testdata/changes/build.sh"), root, repository).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for branch, blocked := range map[string]bool{"promotion": false, "wildcard-verb": true} {
		t.Run(branch, func(t *testing.T) {
			reports := t.TempDir()
			out, err := runTask(t, task, map[string]string{
				"$(params.revision)": branch, "$(params.base)": "main", "$(params.fail-on)": "error", "$(workspaces.reports.path)": reports,
				"https://github.com/example/gpu-platform": "file://" + repository, "/source": t.TempDir(),
			})
			if (err != nil) != blocked {
				t.Errorf("%v\n%s", err, out)
			}
			if !strings.Contains(out, "change (") || !strings.Contains(out, "against base (") {
				t.Errorf("the log does not say what is compared:\n%s", out)
			}
			for _, name := range []string{"comment.md", "report.html", "report.sarif"} {
				if info, err := os.Stat(filepath.Join(reports, name)); err != nil || info.Size() == 0 {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

// runTask runs the scripts of a task one after the other, with values in the place of Tekton's variables
// and of paths. tenon is this test's own binary.
func runTask(t *testing.T, task pipelinev1.Task, values map[string]string) (string, error) {
	t.Helper()
	tenonOnPath(t)
	var pairs []string
	for from, to := range values {
		pairs = append(pairs, from, to)
	}
	replace := strings.NewReplacer(pairs...)
	log := ""
	for _, step := range task.Spec.Steps {
		cmd := exec.Command("sh", "-c", step.Script)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
		for _, e := range step.Env {
			cmd.Env = append(cmd.Env, e.Name+"="+replace.Replace(e.Value))
		}
		out, err := cmd.CombinedOutput()
		log += string(out)
		if err != nil {
			return log, err
		}
	}
	return log, nil
}
