package steps

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"tenon.dev/tenon/internal/cli"
)

// container returns the container of a rendered CronJob or Job.
func container(t *testing.T, kind, name string) corev1.Container {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := cli.Main([]string{"-C", "../..", "render", "--target", "prod/phase1", "-o", "-"}, nil, &stdout, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	for _, document := range strings.Split(stdout.String(), "\n---\n") {
		var cron batchv1.CronJob
		var job batchv1.Job
		if yaml.Unmarshal([]byte(document), &cron) == nil && cron.Kind == kind && kind == "CronJob" && cron.Name == name {
			return cron.Spec.JobTemplate.Spec.Template.Spec.Containers[0]
		}
		if yaml.Unmarshal([]byte(document), &job) == nil && job.Kind == kind && kind == "Job" && job.Name == name {
			return job.Spec.Template.Spec.Containers[0]
		}
	}
	t.Fatalf("no %s %s was rendered", kind, name)
	return corev1.Container{}
}

// against runs a job's command against an API server.
func against(t *testing.T, c corev1.Container, api string) (string, error) {
	t.Helper()
	account := t.TempDir() + "/"
	if err := os.WriteFile(filepath.Join(account, "token"), []byte("t0ken"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(c.Command[0], c.Command[1:]...)
	cmd.Env = append(os.Environ(), "API="+api, "ACCOUNT="+account)
	for _, e := range c.Env {
		cmd.Env = append(cmd.Env, e.Name+"="+e.Value)
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// run is a PipelineRun of the reference platform's pipeline, as the API server would list it.
func run(name, created, event, ref, state string) string {
	spec, status := `{"pipelineRef": {"name": "scientific-computing-ci"}}`, `{}`
	switch state {
	case "done":
		status = `{"completionTime": "2026-01-01T00:00:00Z"}`
	case "begun":
		status = `{"childReferences": [{"name": "a"}]}`
	case "cancelled":
		spec = `{"pipelineRef": {"name": "scientific-computing-ci"}, "status": "CancelledRunFinally"}`
	}
	return fmt.Sprintf(`{"metadata": {"name": %q, "creationTimestamp": %q, "annotations": {"tenon.dev/event": %q, "tenon.dev/ref": %q, "tenon.dev/repository": "r"}}, "spec": %s, "status": %s}`,
		name, created, event, ref, spec, status)
}

// TestCanceller: of each pull request all but the newest run are cancelled, and nothing else is: no push, and
// no run of a pipeline that no trigger of the platform supersedes.
func TestCanceller(t *testing.T) {
	runs := []string{
		run("one-old", "2026-01-01T00:00:01Z", "pull_request", "pull/1", "begun"),
		run("one-waiting", "2026-01-01T00:00:01Z", "pull_request", "pull/1", ""),
		run("one-older", "2026-01-01T00:00:00Z", "pull_request", "pull/1", "done"),
		run("one-new", "2026-01-01T00:00:02Z", "pull_request", "pull/1", ""),
		run("one-stopping", "2026-01-01T00:00:00Z", "pull_request", "pull/1", "cancelled"),
		run("two", "2026-01-01T00:00:00Z", "pull_request", "pull/2", ""),
		run("main-old", "2026-01-01T00:00:00Z", "push", "refs/heads/main", ""),
		run("main-new", "2026-01-01T00:00:01Z", "push", "refs/heads/main", ""),
		strings.Replace(run("other-old", "2026-01-01T00:00:00Z", "pull_request", "pull/1", ""), "scientific-computing-ci", "docs", 1),
		strings.Replace(run("other-new", "2026-01-01T00:00:09Z", "pull_request", "pull/1", ""), "scientific-computing-ci", "docs", 1),
		`{"metadata": {"name": "by-hand", "creationTimestamp": "2026-01-01T00:00:00Z"}, "spec": {}}`,
	}
	var patched []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		const list = "/apis/tekton.dev/v1/namespaces/tekton-gpu-pipelines/pipelineruns"
		if r.Header.Get("Authorization") != "Bearer t0ken" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		switch {
		case r.Method == http.MethodGet && r.URL.Path == list:
			fmt.Fprintf(w, `{"items": [%s]}`, strings.Join(runs, ","))
		case r.Method == http.MethodPatch && r.Header.Get("Content-Type") == "application/merge-patch+json":
			var patch struct{ Spec struct{ Status string } }
			if err := json.NewDecoder(r.Body).Decode(&patch); err != nil || patch.Spec.Status == "" {
				t.Errorf("patched with %+v: %v", patch, err)
			}
			patched = append(patched, strings.TrimPrefix(r.URL.Path, list+"/")+" "+patch.Spec.Status)
			fmt.Fprint(w, `{}`)
		default:
			t.Errorf("unexpected %s %s", r.Method, r.URL)
		}
	}))
	defer server.Close()
	if out, err := against(t, container(t, "CronJob", "cancel-superseded"), server.URL); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// What waits for its claim has nothing to close.
	if want := []string{"one-old CancelledRunFinally", "one-waiting Cancelled"}; !slices.Equal(patched, want) {
		t.Errorf("cancelled %v, want %v", patched, want)
	}
}

// TestClearExchange: what is older than the retention goes, and nothing else.
func TestClearExchange(t *testing.T) {
	c := newCluster(t)
	c.write("exchange/runs/old/source/file", "", 0o644)
	c.write("exchange/runs/new/source/file", "", 0o644)
	c.write("exchange/other/file", "", 0o644)
	long := time.Now().Add(-169 * time.Hour)
	for _, name := range []string{"exchange/runs/old", "exchange/other"} {
		if err := os.Chtimes(c.path(name), long, long); err != nil {
			t.Fatal(err)
		}
	}
	job := container(t, "CronJob", "clear-exchange")
	for i, word := range job.Command {
		job.Command[i] = strings.ReplaceAll(word, "/exchange", c.path("exchange"))
	}
	if out, err := against(t, job, ""); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if _, err := os.Stat(c.path("exchange/runs/old")); err == nil {
		t.Error("the old run's folder is still there")
	}
	c.read("exchange/runs/new/source/file")
	c.read("exchange/other/file")
}

// TestClearCache: what nobody has used for long goes, with the link that leads to it; what was used stays.
func TestClearCache(t *testing.T) {
	c := newCluster(t)
	long := time.Now().Add(-1000 * time.Hour)
	for _, name := range []string{"sha256/old", "sha256/new", "sha256/left.part", "packages/environments/a.1/used", "packages/environments/b.2/used", "packages/environments/c.3/half", "packages/pip/old", "other/old"} {
		c.write("cache/"+name, "", 0o644)
	}
	for key, made := range map[string]string{"a": "a.1", "b": "b.2"} {
		if err := os.Symlink(made, c.path("cache/packages/environments/"+key)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"sha256/old", "sha256/left.part", "packages/environments/a.1/used", "packages/environments/c.3", "packages/pip/old", "other/old"} {
		if err := os.Chtimes(c.path("cache/"+name), long, long); err != nil {
			t.Fatal(err)
		}
	}
	job := container(t, "CronJob", "clear-cache")
	command := exec.Command(job.Command[0], job.Command[1], strings.ReplaceAll(job.Command[2], "/cache", c.path("cache")))
	command.Env = append(os.Environ(), "MINUTES=43200", "PACKAGES="+c.path("cache/packages"))
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, stays := range map[string]bool{
		"sha256/old": false, "sha256/left.part": false, "sha256/new": true, "packages/environments/a": false, "packages/environments/a.1": false,
		"packages/environments/b/used": true, "packages/environments/c.3": false, "packages/pip/old": false, "other/old": true,
	} {
		if _, err := os.Lstat(c.path("cache/" + name)); (err == nil) != stays {
			t.Errorf("%s stays: %v, want %v", name, err == nil, stays)
		}
	}
}

const kueueConfig = "/api/v1/namespaces/kueue-system/configmaps/kueue-manager-config"

// TestPreflight: everything there, and each kind of thing that can be missing.
func TestPreflight(t *testing.T) {
	answers := map[string]string{
		"/api/v1/namespaces/tekton-pipelines/configmaps/feature-flags":        `{"data": {"coschedule": "workspaces", "set-security-context": "true"}}`,
		"/api/v1/namespaces/tekton-pipelines/configmaps/config-observability": `{"data": {"metrics-protocol": "prometheus"}}`,
		kueueConfig: `{"data": {"controller_manager_config.yaml": "integrations:\n  frameworks:\n  - \"batch/job\"\n  - \"pod\"\n"}}`,
	}
	gone := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			t.Errorf("preflight changes something: %s %s", r.Method, r.URL)
		}
		if r.URL.Path == gone {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		if answer, ok := answers[r.URL.Path]; ok {
			fmt.Fprint(w, answer)
			return
		}
		fmt.Fprint(w, `{}`)
	}))
	defer server.Close()
	job := container(t, "Job", "preflight")
	out, err := against(t, job, server.URL)
	if err != nil || strings.Contains(out, "MISSING") || strings.Count(out, "ok ") < 10 {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, spoil := range map[string]func() (undo func()){
		"CSI driver efs.csi.aws.com": func() func() {
			gone = "/apis/storage.k8s.io/v1/csidrivers/efs.csi.aws.com"
			return func() { gone = "" }
		},
		"GPU Operator: HTTP Error 404": func() func() {
			gone = "/apis/nvidia.com/v1/clusterpolicies/cluster-policy"
			return func() { gone = "" }
		},
		"Tekton keeps pods of a workspace together as the platform expects: it is disabled, not workspaces": func() func() {
			const path = "/api/v1/namespaces/tekton-pipelines/configmaps/feature-flags"
			was := answers[path]
			answers[path] = `{"data": {"coschedule": "disabled", "set-security-context": "true"}}`
			return func() { answers[path] = was }
		},
		`Kueue queues pods: it does not match (?m)^ *- *["']?pod["']? *$`: func() func() {
			was := answers[kueueConfig]
			answers[kueueConfig] = `{"data": {"controller_manager_config.yaml": "integrations:\n  frameworks:\n  - \"batch/job\"\n"}}`
			return func() { answers[kueueConfig] = was }
		},
		"Tekton exports metrics: it is not set, not prometheus": func() func() {
			const path = "/api/v1/namespaces/tekton-pipelines/configmaps/config-observability"
			was := answers[path]
			answers[path] = `{"data": {}}`
			return func() { answers[path] = was }
		},
	} {
		undo := spoil()
		out, err := against(t, job, server.URL)
		if err == nil || !strings.Contains(out, "MISSING "+name) || strings.Count(out, "MISSING") != 1 {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		undo()
	}
}
