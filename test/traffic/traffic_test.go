// Package traffic proves that every commit is run by the right side: the listener's filter is
// asked through Triggers' own CEL interceptor with GitHub's own example payloads, and the
// workflow's step is run as the shell script that it is.
package traffic

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"

	triggersv1beta1 "github.com/tektoncd/triggers/pkg/apis/triggers/v1beta1"
	"github.com/tektoncd/triggers/pkg/interceptors/cel"
	"sigs.k8s.io/yaml"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/platform"
	"tenon.dev/tenon/test/traffic/payload"
)

const root = "../.."

// phase is what one phase of production renders for the two sides.
type phase struct {
	name    string
	percent int
	filters map[string]string // by event
	step    step
}

// step is the step of the workflow that decides.
type step struct {
	Run string
	Env map[string]string
}

func phases(t *testing.T) []phase {
	t.Helper()
	folder := platform.Folder{FS: os.DirFS(root), Dir: "cue/platform"}
	environments, findings, err := check.Load(folder, "prod")
	if err != nil || len(findings) > 0 {
		t.Fatal(err, findings)
	}
	percent := map[string]int{"phase1": 10, "phase2": 50, "phase3": 100}
	var all []phase
	for _, target := range environments[0].Targets {
		p := phase{name: target.Phase, percent: percent[target.Phase], filters: map[string]string{}}
		for _, o := range target.Objects {
			if o.Kind == "EventListener" {
				p.filters = filters(t, o.Value)
			}
		}
		p.step = decides(t, target.Files["github/notebooks.yaml"])
		all = append(all, p)
	}
	if len(all) != 3 || all[2].percent != 100 {
		t.Fatalf("%d phases", len(all))
	}
	return all
}

// filters are the CEL filters of the listener's triggers by the GitHub event that each takes.
func filters(t *testing.T, value map[string]any) map[string]string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var listener triggersv1beta1.EventListener
	if err := json.Unmarshal(text, &listener); err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, trigger := range listener.Spec.Triggers {
		var event, filter string
		for _, i := range trigger.Interceptors {
			for _, p := range i.Params {
				switch p.Name {
				case "eventTypes":
					var types []string
					if err := json.Unmarshal(p.Value.Raw, &types); err != nil {
						t.Fatal(err)
					}
					event = types[0]
				case "filter":
					if err := json.Unmarshal(p.Value.Raw, &filter); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		found[event] = filter
	}
	return found
}

// decides finds the deciding step of the rendered workflow.
func decides(t *testing.T, workflow string) step {
	t.Helper()
	var parsed struct {
		Jobs map[string]struct{ Steps []step }
	}
	if err := yaml.Unmarshal([]byte(workflow), &parsed); err != nil || len(parsed.Jobs["decide"].Steps) != 1 {
		t.Fatalf("no deciding step in the workflow: %v", err)
	}
	return parsed.Jobs["decide"].Steps[0]
}

// example returns GitHub's example of an event, made one of the platform's branch.
func example(t *testing.T, event string) map[string]any {
	t.Helper()
	example, err := payload.Example(root, event)
	if err != nil {
		t.Fatal(err)
	}
	if request, ok := example["pull_request"].(map[string]any); ok {
		request["base"].(map[string]any)["ref"] = "main"
		request["head"].(map[string]any)["repo"] = example["repository"]
		return example
	}
	example["ref"] = "refs/heads/main"
	return example
}

// commit puts a SHA where the event has its commit.
func commit(example map[string]any, sha string) {
	if request, ok := example["pull_request"].(map[string]any); ok {
		request["head"].(map[string]any)["sha"] = sha
		return
	}
	example["after"] = sha
}

// tekton asks Triggers' interceptor whether it takes the event.
func tekton(t *testing.T, filter string, example map[string]any) bool {
	body, err := json.Marshal(example)
	if err != nil {
		t.Error(err)
		return false
	}
	answer := cel.NewInterceptor(nil).Process(context.Background(), &triggersv1beta1.InterceptorRequest{
		Body:              string(body),
		Header:            http.Header{"Content-Type": {"application/json"}},
		InterceptorParams: map[string]any{"filter": filter},
		Context:           &triggersv1beta1.TriggerContext{EventURL: "http://el", EventID: "1", TriggerID: "namespaces/ci/triggers/push"},
	})
	if !answer.Continue && answer.Status.Message != "" && !strings.Contains(answer.Status.Message, "did not return true") {
		t.Errorf("the filter failed: %s\n%s", answer.Status.Message, filter)
	}
	return answer.Continue
}

// event is what the workflow's expressions give to the step.
type event struct {
	sha           string
	deleted, fork bool
	fallback      string
}

// actions runs the workflow's step for each event, all in one shell, and returns whether it
// runs the commit.
func actions(t *testing.T, s step, events []event) []bool {
	t.Helper()
	var input strings.Builder
	for _, e := range events {
		fmt.Fprintf(&input, "%s %t %t %s\n", e.sha, e.deleted, e.fork, e.fallback)
	}
	loop := "decide() {\n" + s.Run + "\n}\n" +
		`GITHUB_OUTPUT=/dev/stdout; while read -r SHA DELETED FORK FALLBACK; do decide; done`
	cmd := exec.Command("bash", "-eo", "pipefail", "-c", loop)
	cmd.Env = append(os.Environ(), "MODE="+s.Env["MODE"], "BELOW="+s.Env["BELOW"])
	cmd.Stdin = strings.NewReader(input.String())
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the step failed: %v\n%s", err, &stderr)
	}
	var runs []bool
	for line := range strings.Lines(string(out)) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "run="); ok {
			runs = append(runs, value == "true")
		}
	}
	if len(runs) != len(events) {
		t.Fatalf("%d answers to %d events\n%s", len(runs), len(events), &stderr)
	}
	return runs
}

// shas are random, from a fixed seed.
func shas(count int) []string {
	source := rand.New(rand.NewPCG(1, 2))
	all := make([]string, count)
	for i := range all {
		all[i] = fmt.Sprintf("%016x%016x%08x", source.Uint64(), source.Uint64(), source.Uint32())
	}
	return all
}

// TestShares takes random commits, as pushes and as pull requests, through every phase: enough
// of them to know the share within 0.3 points in make e2e, and fewer in make test.
func TestShares(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // the interceptor makes its environment anew for each event
	count, within := 5_000, 2.0
	if os.Getenv("TENON_E2E") != "" {
		count, within = 100_000, 0.3
	}
	all := phases(t)
	taken := make([][]bool, len(all))
	for i, p := range all {
		if p.percent == 100 {
			count /= 10 // each one has to be taken: the share needs no telling
		}
		commits := shas(count)
		events := make([]event, count)
		for i, sha := range commits {
			events[i] = event{sha: sha}
		}
		taken[i] = askAll(t, p, commits)
		share := 100 * float64(countTrue(taken[i])) / float64(count)
		t.Logf("%s: Tekton takes %.2f %% of %d commits, wanted %d %%", p.name, share, count, p.percent)
		if diff := share - float64(p.percent); diff < -within || diff > within {
			t.Errorf("%s: Tekton takes %.2f %%, want %d %%", p.name, share, p.percent)
		}
		here := actions(t, p.step, events)
		for c, sha := range commits {
			if !taken[i][c] && !here[c] {
				t.Fatalf("%s: both sides refuse %s", p.name, sha)
			}
			if p.name == "phase1" && taken[i][c] && here[c] {
				t.Fatalf("%s: both sides run %s", p.name, sha)
			}
			if i > 0 && taken[i-1][c] && !taken[i][c] {
				t.Fatalf("%s was taken in %s and is not in %s", sha, all[i-1].name, p.name)
			}
		}
		ran := countTrue(here)
		t.Logf("%s: Actions runs %.2f %%", p.name, 100*float64(ran)/float64(count))
		if p.name == "phase2" && ran != count || p.name == "phase3" && ran != 0 {
			t.Errorf("%s: Actions runs %d of %d commits", p.name, ran, count)
		}
	}
}

// askAll asks the listener's filter about every commit, half of them as pushes and half as
// pull requests.
func askAll(t *testing.T, p phase, commits []string) []bool {
	taken := make([]bool, len(commits))
	var group sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		// Each worker changes payloads of its own. What the filter does not read is left out: it
		// is parsed anew for every event, and TestPayloads sends all of it.
		push, request := slim(example(t, "push")), slim(example(t, "pull_request"))
		group.Go(func() {
			for c := w; c < len(commits); c += workers {
				name, example := "push", push
				if c%2 == 1 {
					name, example = "pull_request", request
				}
				commit(example, commits[c])
				taken[c] = tekton(t, p.filters[name], example)
			}
		})
	}
	group.Wait()
	return taken
}

// slim keeps the fields of an event that decide.
func slim(example map[string]any) map[string]any {
	kept := map[string]any{}
	for _, key := range []string{"action", "ref", "after", "deleted"} {
		if value, ok := example[key]; ok {
			kept[key] = value
		}
	}
	name := map[string]any{"full_name": example["repository"].(map[string]any)["full_name"]}
	kept["repository"] = name
	if _, ok := example["pull_request"]; ok {
		kept["pull_request"] = map[string]any{"head": map[string]any{"sha": "", "repo": name}, "base": map[string]any{"ref": "main"}}
	}
	return kept
}

func countTrue(all []bool) (count int) {
	for _, one := range all {
		if one {
			count++
		}
	}
	return count
}

// TestPayloads sends whole payloads, and those events that must not or must start a run.
func TestPayloads(t *testing.T) {
	low, high := "0"+strings.Repeat("1", 39), strings.Repeat("f", 40)
	for _, p := range phases(t) {
		for _, test := range []struct {
			name, event string
			change      func(map[string]any)
			sha         string
			deleted     bool
			fork        bool
			tekton      bool
			actions     bool
		}{
			{name: "a push below the threshold", event: "push", sha: low, tekton: true, actions: p.name == "phase2"},
			{name: "a pull request below the threshold", event: "pull_request", sha: low, tekton: true, actions: p.name == "phase2"},
			{name: "the same in capitals", event: "push", sha: strings.ToUpper("0a" + low[2:]), tekton: true, actions: p.name == "phase2"},
			{name: "the highest commit", event: "push", sha: high, tekton: p.percent == 100, actions: p.percent < 100},
			{name: "the highest commit in capitals", event: "push", sha: strings.ToUpper(high), tekton: p.percent == 100, actions: p.percent < 100},
			{name: "a deleted branch", event: "push", sha: strings.Repeat("0", 40), deleted: true,
				change: func(e map[string]any) { e["deleted"] = true }},
			{name: "a fork", event: "pull_request", sha: low, fork: true, actions: true,
				change: func(e map[string]any) {
					e["pull_request"].(map[string]any)["head"].(map[string]any)["repo"] = map[string]any{"full_name": "somebody/else"}
				}},
		} {
			t.Run(p.name+" "+test.name, func(t *testing.T) {
				example := example(t, test.event)
				commit(example, test.sha)
				if test.change != nil {
					test.change(example)
				}
				if got := tekton(t, p.filters[test.event], example); got != test.tekton {
					t.Errorf("Tekton takes it: %t, want %t", got, test.tekton)
				}
				events := []event{{test.sha, test.deleted, test.fork, ""}, {test.sha, test.deleted, test.fork, "on"}}
				got := actions(t, p.step, events)
				if got[0] != test.actions {
					t.Errorf("Actions run it: %t, want %t", got[0], test.actions)
				}
				if got[1] == test.deleted {
					t.Errorf("with the switch on, Actions run it: %t", got[1])
				}
			})
		}
	}
}

// TestOtherPushes: tags and other branches start nothing on either side.
func TestOtherPushes(t *testing.T) {
	for _, p := range phases(t) {
		for _, ref := range []string{"refs/tags/main", "refs/tags/v1", "refs/heads/feature", "refs/heads/main2"} {
			example := example(t, "push")
			example["ref"] = ref
			commit(example, "0"+strings.Repeat("1", 39))
			if tekton(t, p.filters["push"], example) {
				t.Errorf("%s: Tekton takes a push to %s", p.name, ref)
			}
		}
	}
}

// TestWorkflows has actionlint check the rendered workflows beside the one that they call.
func TestWorkflows(t *testing.T) {
	lint, err := filepath.Abs(filepath.Join(root, "bin", "actionlint"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(root + "/overlays/*/*/github")
	if err != nil || len(files) != 3 {
		t.Fatalf("found %d folders of workflows: %v", len(files), err)
	}
	for _, folder := range files {
		repository := t.TempDir()
		workflows := filepath.Join(repository, ".github", "workflows")
		for _, dir := range []string{workflows, filepath.Join(repository, ".git")} {
			if err := os.MkdirAll(dir, 0o777); err != nil {
				t.Fatal(err)
			}
		}
		copies := map[string]string{"gpu-notebooks.yaml": "testdata/gpu-notebooks.yaml"}
		for _, name := range []string{"notebooks.yaml", "notebooks-status.yaml"} {
			copies[name] = filepath.Join(folder, name)
		}
		for name, from := range copies {
			data, err := os.ReadFile(from)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(workflows, name), data, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command(lint, "-no-color", "-shellcheck=", "-pyflakes=")
		cmd.Dir = repository
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", folder, err, out)
		}
	}
}
