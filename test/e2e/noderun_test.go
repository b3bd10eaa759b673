//go:build e2e

package e2e

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tenon.dev/tenon/internal/manifest"
)

const notebookRepository = "https://github.com/example/single-cell-notebooks"

// room asks for so many free bytes: where the disk fills up, etcd and the kubelets end in messages of their own.
func room(t *testing.T, want uint64) {
	t.Helper()
	var disk unix.Statfs_t
	if err := unix.Statfs(folder(t), &disk); err != nil {
		t.Fatal(err)
	}
	if free := disk.Bavail * uint64(disk.Bsize); free < want {
		t.Fatalf("the node takes %.0f GiB of disk below %s, of which %.1f are free", float64(want)/(1<<30), os.TempDir(), float64(free)/(1<<30))
	}
}

// TestNode applies an environment to a real node, in the order of Argo CD and with policy-controller
// on, and runs its pipeline: from a signed push to the report, and with all that may go wrong.
func TestNode(t *testing.T) {
	room(t, 8<<30)
	c := startNode(t, "dev")
	c.define(t, "policy.sigstore.dev", "kueue.x-k8s.io")
	c.foundNamespaces(t, c.environment)
	objects := c.real(t, overlayOf(t, "dev/phase3"))
	c.installed(t)
	c.ensureNamespaces(t, namespace)
	c.vault(t, objects)
	c.labelNode(t, objects, "node", true)
	sync := func(phase string) func(*testing.T) {
		return func(t *testing.T) { c.syncPhase(t, phase) }
	}
	for _, part := range []struct {
		name string
		test func(*testing.T)
	}{
		{"phase1", sync("phase1")},
		{"push", c.testPush},
		{"phase2", sync("phase2")},
		{"evicted", c.testEvicted},
		{"phase3", sync("phase3")},
		{"network", func(t *testing.T) { c.testNetwork(t, objects) }},
		{"refused", func(t *testing.T) { c.testRefused(t, objects) }},
		{"test fails", c.testFailingTest},
		{"notebook fails", c.testFailingNotebook},
		{"out of memory", c.testOutOfMemory},
		{"cancelled", c.testCancelled},
		{"build", func(t *testing.T) { c.testBuild(t, objects) }},
		{"queue", func(t *testing.T) { c.testQueue(t, objects) }},
		{"blueprint", c.testBlueprint},
		{"forge and clock", c.testForge},
		{"node dies", func(t *testing.T) { c.testNodeDies(t, objects) }},
		{"hook before policies", func(t *testing.T) { c.testHookBeforePolicies(t, objects) }},
		{"policy without the shell", func(t *testing.T) { c.testPolicyWithoutShell(t, objects) }},
	} {
		t.Run(part.name, part.test)
	}
	if whole := !strings.Contains(flag.Lookup("test.run").Value.String(), "/"); whole && !t.Failed() {
		proveNode(t, "| question | who answers | asked | yes | differences |\n| --- | --- | --- | --- | --- |\n"+strings.Join(c.answers, "\n")+"\n")
	}
}

// syncPhase applies the overlay of a phase as Argo CD does, whatever phase was there before.
func (c *nodeCluster) syncPhase(t *testing.T, phase string) {
	started := time.Now()
	objects := c.real(t, overlayOf(t, "dev/"+phase))
	c.syncWaves(t, objects)
	t.Logf("%d objects applied in %.1f s", len(objects), time.Since(started).Seconds())
	c.sendFrom(t, "ingress-nginx")
	c.sendFrom(t, "elsewhere")
	c.listens(t, namespace, pipeline)
}

// listens waits until a listener is ready for events.
func (c *nodeCluster) listens(t *testing.T, namespace, listener string) {
	t.Helper()
	eventually(t, 2*time.Minute, "the listener "+listener+" is ready", func() error {
		out, err := c.Kubectl(t.Context(), nil, "-n", namespace, "rollout", "status", "deployment/el-"+listener, "--timeout=60s")
		if err != nil {
			pods, _ := c.Kubectl(t.Context(), nil, "-n", namespace, "get", "pods,events")
			err = fmt.Errorf("%w\n%s\n%s", err, out, pods)
		}
		return err
	})
	time.Sleep(2 * time.Second) // it hears of its triggers by a watch
}

// run pushes a commit and waits for the end of its run; it returns why it ended so and what was told since.
func (c *nodeCluster) run(t *testing.T, commit string) (run, reason string, told []heard) {
	t.Helper()
	before := len(c.told(t))
	run = c.started(t, namespace, c.pushed(t, c.event(commit)))
	started := time.Now()
	ended := c.awaitEnd(t, run)
	reason = ended.Status.GetCondition("Succeeded").Reason
	t.Logf("%s: %s after %.1f s: %s", run, reason, time.Since(started).Seconds(), ended.Status.GetCondition("Succeeded").Message)
	return run, reason, c.told(t)[before:]
}

func (c *nodeCluster) event(commit string) event {
	return event{sha: commit, ref: "refs/heads/main", secret: secretValue, repository: notebookRepository}
}

// of are the bodies of what a service was told.
func of(told []heard, host string) []string {
	var bodies []string
	for _, h := range told {
		if h.Host == host {
			bodies = append(bodies, h.Path+" "+h.Body)
		}
	}
	return bodies
}

// wantTold compares what services were told with pieces of it, in order.
func wantTold(t *testing.T, told []heard, host string, pieces ...string) {
	t.Helper()
	bodies := of(told, host)
	if len(bodies) != len(pieces) {
		t.Errorf("%s was told %q, want %d messages", host, bodies, len(pieces))
		return
	}
	for i, piece := range pieces {
		if !strings.Contains(bodies[i], piece) {
			t.Errorf("%s was told %q, want %q", host, bodies[i], piece)
		}
	}
}

// explain shows what the steps of a run wrote, where it did not end as it should.
func (c *nodeCluster) explain(t *testing.T, run string) {
	t.Helper()
	if !t.Failed() {
		return
	}
	out, _ := c.Kubectl(t.Context(), nil, "-n", namespace, "get", "taskruns")
	t.Log(out)
	for _, task := range []string{"prepare-environment", "execute-notebook-gpu", "convert-results", "download-test-framework", "execute-tests", "publish-results"} {
		t.Logf("%s:\n%s", task, strings.TrimSpace(c.logsOf(t, run, task)))
	}
}

// published reads a file that a run has put into the object store.
func (c *nodeCluster) published(t *testing.T, run, name string) string {
	t.Helper()
	return c.publishedIn(t, "scientific-computing-ci-dev", run, name)
}

func (c *nodeCluster) publishedIn(t *testing.T, bucket, run, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(c.objects, bucket, run, name))
	if err != nil {
		t.Error(err)
	}
	return string(data)
}

// testPush: a signed push runs notebooks in a real kernel, tests them, and publishes what came of it.
func (c *nodeCluster) testPush(t *testing.T) {
	commit := c.commitBelow(t, tenth, "example/single-cell-notebooks", nil)
	run, reason, told := c.run(t, commit)
	if reason != "Completed" && reason != "Succeeded" {
		t.Errorf("it ended with %s", reason)
	}
	defer c.explain(t, run)
	wantTold(t, told, "api.github.com", `"state": "pending"`, `"state": "success"`)
	wantTold(t, told, "hooks.slack.com", run+": Succeeded")
	wantTold(t, told, "smtp")
	for _, body := range of(told, "api.github.com") {
		if !strings.Contains(body, "/repos/example/single-cell-notebooks/statuses/"+commit) {
			t.Errorf("another commit was told of: %s", body)
		}
	}
	if page := c.published(t, run, "results/executed/notebooks/01_scRNA_analysis_preprocessing.html"); !strings.Contains(page, "GPU-0000000") || !strings.Contains(page, commit) {
		t.Error("the page of the first notebook does not show its GPU and its commit")
	}
	if page := c.published(t, run, "results/executed/notebooks/02_scRNA_analysis_extended.html"); !strings.Contains(page, "hello world") {
		t.Error("the page of the second notebook does not show what its package says")
	}
	var summary struct {
		Tests   map[string]int
		Quality map[string]float64
	}
	if err := json.Unmarshal([]byte(c.published(t, run, "reports/summary.json")), &summary); err != nil {
		t.Error(err)
	}
	if summary.Tests["tests"] != 3 || summary.Tests["failures"] != 0 || summary.Quality["line_coverage_percent"] != 100 {
		t.Errorf("the summary says %+v", summary)
	}
	for name, head := range map[string]string{"reports/report.pdf": "%PDF-", "reports/index.html": "<!doctype html>", "reports/junit.xml": "<?xml", "reports/coverage.xml": "<?xml"} {
		if text := c.published(t, run, name); !strings.HasPrefix(text, head) {
			t.Errorf("%s begins with %.20q", name, text)
		}
	}
	if page := c.browsed(t, run, "reports/index.html"); !strings.Contains(page, "<h1>"+run+": Succeeded</h1>") || !strings.Contains(page, commit) {
		t.Errorf("a browser shows of the report %.2000s", page)
	}
	if page := c.browsed(t, run, "results/executed/notebooks/01_scRNA_analysis_preprocessing.html"); !strings.Contains(page, "GPU-0000000") {
		t.Errorf("a browser shows of the first notebook %.2000s", page)
	}
}

// browsed is what Chromium makes of a page that a run has published.
func (c *nodeCluster) browsed(t *testing.T, run, name string) string {
	t.Helper()
	page := filepath.Join(c.objects, "scientific-computing-ci-dev", run, name)
	command := exec.CommandContext(t.Context(), "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir="+t.TempDir(), "--dump-dom", "file://"+page)
	out, err := command.Output()
	if err != nil {
		t.Errorf("Chromium on %s: %v", name, err)
	}
	return string(out)
}

// testRefused: what must not be is not. An event with another signature, or from where no ingress is,
// starts nothing; images that nobody signed do not run.
func (c *nodeCluster) testRefused(t *testing.T, objects []manifest.Object) {
	forged := c.event(strings.Repeat("0", 40))
	forged.secret = "wrong"
	id := c.pushed(t, forged)
	if out, err := c.push(t, "elsewhere", c.event(strings.Repeat("0", 40))); err == nil {
		t.Errorf("a push from another namespace is answered %s", out)
	}
	unsigned := `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"unsigned","namespace":"` + namespace + `"},"spec":{"securityContext":{"runAsNonRoot":true,"runAsUser":1001,"seccompProfile":{"type":"RuntimeDefault"}},"containers":[{"name":"a","image":"registry.example.com/gpu/stranger:1","securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}}}]}}`
	if out, err := c.Kubectl(t.Context(), []byte(unsigned), "apply", "-f", "-"); err == nil || !strings.Contains(out, "policy.sigstore.dev") {
		t.Errorf("a pod of an image that no policy knows: %v %s", err, out)
	}
	if names, err := c.runsOf(t.Context(), namespace, id); err != nil || len(names) > 0 {
		t.Errorf("a forged event started %v %v", names, err)
	}
	for _, o := range ofKind(objects, "ClusterImagePolicy") {
		if globs, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "images"}); len(globs.([]any)) == 0 {
			t.Errorf("%s is about no image", o.Name)
		}
	}
}

// testFailingTest: a test that fails fails the run; the report is published, and all are told which task it was.
func (c *nodeCluster) testFailingTest(t *testing.T) {
	run, reason, told := c.run(t, c.commitWith(t, "example/single-cell-notebooks", map[string]string{"cells.py": "def count(names):\n    return {}\n"}))
	defer c.explain(t, run)
	if reason != "Failed" {
		t.Errorf("it ended with %s", reason)
	}
	wantTold(t, told, "api.github.com", `"state": "pending"`, "Failed: execute-tests (StepFailed)")
	wantTold(t, told, "hooks.slack.com", "POST /bad")
	wantTold(t, told, "smtp", "execute-tests (StepFailed)")
	if page := c.published(t, run, "reports/junit.xml"); !strings.Contains(page, `failures="1"`) {
		t.Error("the report of the tests does not show the one that failed")
	}
}

// testFailingNotebook: a cell that raises fails the run, and what the notebook left is published.
func (c *nodeCluster) testFailingNotebook(t *testing.T) {
	run, reason, told := c.run(t, c.commitWith(t, "example/single-cell-notebooks", map[string]string{"notebooks/02_scRNA_analysis_extended.ipynb": book("raise ValueError('no cells')")}))
	defer c.explain(t, run)
	if reason != "Failed" {
		t.Errorf("it ended with %s", reason)
	}
	wantTold(t, told, "api.github.com", `"state": "pending"`, "execute-notebook-gpu (StepFailed)")
	if page := c.published(t, run, "results/executed/notebooks/02_scRNA_analysis_extended.ipynb"); !strings.Contains(page, "no cells") {
		t.Error("the notebook that failed is not published with its error")
	}
}

// testOutOfMemory: a notebook that takes more than its limit is killed by the kernel, and the run fails.
func (c *nodeCluster) testOutOfMemory(t *testing.T) {
	run, reason, told := c.run(t, c.commitWith(t, "example/single-cell-notebooks", map[string]string{"notebooks/02_scRNA_analysis_extended.ipynb": book("rows = [bytes(1 << 20) and bytearray(1 << 20) for _ in range(2000)]")}))
	defer c.explain(t, run)
	if reason != "Failed" {
		t.Errorf("it ended with %s", reason)
	}
	wantTold(t, told, "api.github.com", `"state": "pending"`, "execute-notebook-gpu")
}

// testCancelled: a run that is cancelled, as one that a newer commit supersedes, has its commit say so and alarms nobody.
func (c *nodeCluster) testCancelled(t *testing.T) {
	before := len(c.told(t))
	run := c.started(t, namespace, c.pushed(t, c.event(c.commitWith(t, "example/single-cell-notebooks", map[string]string{"notebooks/02_scRNA_analysis_extended.ipynb": book("import time; time.sleep(600)")}))))
	eventually(t, 3*time.Minute, "the notebooks run", func() error {
		pods, err := c.typed.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{LabelSelector: "tekton.dev/pipelineRun=" + run + ",tekton.dev/pipelineTask=execute-notebook-gpu"})
		if err == nil && !slices.ContainsFunc(pods.Items, func(p corev1.Pod) bool { return p.Status.Phase == corev1.PodRunning }) {
			err = fmt.Errorf("%d pods, none of them runs", len(pods.Items))
		}
		return err
	})
	endpoint, err := c.resource("tekton.dev/v1", "PipelineRun", namespace)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := endpoint.Patch(t.Context(), run, types.MergePatchType, []byte(`{"spec":{"status":"CancelledRunFinally"}}`), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	ended := c.awaitEnd(t, run)
	defer c.explain(t, run)
	if reason := ended.Status.GetCondition("Succeeded").Reason; reason != "Cancelled" {
		t.Errorf("it ended with %s", reason)
	}
	told := c.told(t)[before:]
	wantTold(t, told, "api.github.com", `"state": "pending"`, "Cancelled")
	wantTold(t, told, "hooks.slack.com")
	wantTold(t, told, "smtp")
}

// testHookBeforePolicies: a hook that runs before the image policies are there is denied, as
// graph/denied-by-order says.
func (c *nodeCluster) testHookBeforePolicies(t *testing.T, objects []manifest.Object) {
	if out, err := c.Kubectl(t.Context(), nil, "delete", "clusterimagepolicies.policy.sigstore.dev", "--all"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	hook := ofKind(objects, "Job")[0]
	eventually(t, time.Minute, "the hook is denied", func() error {
		if err := c.delete(t.Context(), hook); err != nil {
			return err
		}
		_, err := c.apply(t.Context(), hook)
		if err == nil || !strings.Contains(err.Error(), "no matching policies") {
			return fmt.Errorf("it is answered with %v", err)
		}
		return nil
	})
}

// testPolicyWithoutShell: with a policy for Tekton's images that leaves out the shell, which it writes scripts by,
// no pod of a run is made, and so nobody is told: image/policy-missing says so before.
func (c *nodeCluster) testPolicyWithoutShell(t *testing.T, objects []manifest.Object) {
	for _, o := range ofKind(objects, "ClusterImagePolicy") {
		images, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "images"})
		kept := slices.DeleteFunc(slices.Clone(images.([]any)), func(image any) bool {
			return strings.Contains(fmt.Sprint(image), "busybox")
		})
		o.Value["spec"].(map[string]any)["images"] = kept
		c.must(t, o)
	}
	// The webhook hears of the policies by a watch; until then nothing matches, which is refused as well.
	hook := ofKind(objects, "Job")[0]
	eventually(t, time.Minute, "the policies are known", func() error {
		_, err := c.apply(t.Context(), hook)
		return err
	})
	before := len(c.told(t))
	run := c.started(t, namespace, c.pushed(t, c.event(c.commitWith(t, "example/single-cell-notebooks", nil))))
	ended := c.awaitEnd(t, run)
	if reason := ended.Status.GetCondition("Succeeded").Reason; reason != "Failed" {
		t.Errorf("it ended with %s", reason)
	}
	if out, err := c.Kubectl(t.Context(), nil, "-n", namespace, "get", "taskruns", "-l", "tekton.dev/pipelineRun="+run); err != nil || !strings.Contains(out, "PodCreationFailed") {
		t.Errorf("%v\n%s", err, out)
	}
	if told := c.told(t)[before:]; len(told) > 0 {
		t.Errorf("somebody was told: %v", told)
	}
}
