//go:build e2e

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/test/controlplane"
)

// testJobs runs the commands of the platform's jobs as processes of this machine, as they are
// rendered, with the token of their own account where a pod has it.
func (c *cluster) testJobs(t *testing.T, objects []manifest.Object) {
	t.Run("preflight", func(t *testing.T) { c.testPreflight(t, objects) })
	t.Run("cancel-superseded", func(t *testing.T) { c.testCanceller(t, objects) })
	t.Run("prune-runs", func(t *testing.T) { c.testPruner(t, objects) })
}

// testPreflight: the job finds what is there, and says what this cluster lacks.
func (c *cluster) testPreflight(t *testing.T, objects []manifest.Object) {
	out, err := c.job(t, objects, "preflight")
	if err == nil {
		t.Errorf("it misses nothing, on a cluster without CSI drivers:\n%s", out)
	}
	for _, line := range []string{
		"ok      Tekton Pipelines\n", "ok      Tekton Triggers\n", "ok      Tekton's own containers fit Pod Security restricted\n", "ok      Kueue\n",
		"MISSING CSI driver ebs.csi.aws.com: HTTP Error 404", "MISSING GPU Operator: HTTP Error 404",
	} {
		if !strings.Contains(out, line) {
			t.Errorf("it does not say %q:\n%s", line, out)
		}
	}
	c.wantRequests(t, objects, "preflight", "scientific-computing-preflight")
}

// testCanceller: of a pull request's runs the older one is cancelled and its closing tasks run;
// runs of pushes, and those of other pull requests, go on.
func (c *cluster) testCanceller(t *testing.T, objects []manifest.Object) {
	var names []string
	for _, of := range [][2]string{{"pull_request", "1"}, {"push", "refs/heads/main"}, {"pull_request", "2"}, {"pull_request", "1"}, {"push", "refs/heads/main"}} {
		run := byHand(t, objects, "")
		annotations := run.Value["metadata"].(map[string]any)["annotations"].(map[string]any)
		annotations["tenon.dev/event"], annotations["tenon.dev/ref"], annotations["tenon.dev/repository"] = of[0], of[1], "https://github.com/example/notebooks"
		created, err := c.apply(t.Context(), run)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, created.GetName())
		if len(names) == 1 {
			eventually(t, 30*time.Second, "the first run begins", func() error { return c.begun(t, names[0]) })
		}
		time.Sleep(1100 * time.Millisecond) // the time of creation has whole seconds
	}
	out, err := c.job(t, objects, "cancel-superseded")
	if err != nil || out != "superseded: "+names[0]+"\n" {
		t.Fatalf("%v\n%s", err, out)
	}
	run := c.ended(t, namespace, names[0])
	if reason := run.Status.GetCondition("Succeeded").Reason; !strings.HasPrefix(reason, "Cancelled") {
		t.Errorf("the older run ended with %s", reason)
	}
	if len(c.podsOf(t, names[0])["publish-results"]) != 1 {
		t.Error("the closing tasks of the cancelled run did not run")
	}
	for _, name := range names[1:] {
		endpoint, _ := c.resource("tekton.dev/v1", "PipelineRun", namespace)
		found, err := endpoint.Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if status, _ := manifest.Lookup(found.Object, manifest.Path{"spec", "status"}); status != nil {
			t.Errorf("%s is %v too", name, status)
		}
	}
	if out, err := c.job(t, objects, "cancel-superseded"); err != nil || out != "" {
		t.Errorf("a second time: %v\n%s", err, out)
	}
	c.wantRequests(t, objects, "run-canceller", "run-canceller")
	for i := len(names) - 1; i >= 0; i-- { // the newest first: those that wait hold no claim
		c.remove(t, names[i])
	}
}

// testPruner: a run that ended before the retention goes, with its pods; newer ones and those that
// go on stay.
func (c *cluster) testPruner(t *testing.T, objects []manifest.Object) {
	endpoint, err := c.resource("tekton.dev/v1", "PipelineRun", namespace)
	if err != nil {
		t.Fatal(err)
	}
	ended := func(ago time.Duration) string {
		created, err := c.apply(t.Context(), byHand(t, objects, "prepare-environment"))
		if err != nil {
			t.Fatal(err)
		}
		c.ended(t, namespace, created.GetName())
		at := time.Now().Add(-ago).UTC().Format(time.RFC3339)
		patch := fmt.Sprintf(`{"status":{"startTime":%q,"completionTime":%q}}`, at, at)
		eventually(t, 30*time.Second, "the time that "+created.GetName()+" ended at", func() error {
			if _, err := endpoint.Patch(t.Context(), created.GetName(), types.MergePatchType, []byte(patch), metav1.PatchOptions{}, "status"); err != nil {
				return err
			}
			time.Sleep(time.Second) // the controller may write what it knew before
			found, err := endpoint.Get(t.Context(), created.GetName(), metav1.GetOptions{})
			if err != nil {
				return err
			}
			if is, _ := manifest.Lookup(found.Object, manifest.Path{"status", "completionTime"}); is != at {
				return fmt.Errorf("it is %v", is)
			}
			return nil
		})
		return created.GetName()
	}
	old, recent := ended(8*24*time.Hour), ended(6*24*time.Hour)
	running, err := c.apply(t.Context(), byHand(t, objects, ""))
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.job(t, objects, "prune-runs")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	eventually(t, 30*time.Second, "the old run goes with its pods", func() error {
		if n := len(c.podsOf(t, old)); n > 0 {
			return fmt.Errorf("it has %d tasks with pods", n)
		}
		return nil
	})
	names, err := c.runNames(t.Context(), namespace, "")
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(names, old) || !slices.Contains(names, recent) || !slices.Contains(names, running.GetName()) {
		t.Errorf("of %s (old), %s (recent) and %s (running) there are %v", old, recent, running.GetName(), names)
	}
	c.wantRequests(t, objects, "run-pruner", "run-pruner")
	c.remove(t, running.GetName())
}

// job runs the command of a rendered job with what a pod of its account has.
func (c *cluster) job(t *testing.T, objects []manifest.Object, name string) (string, error) {
	t.Helper()
	spec := podOfJob(t, objects, name)
	token, err := c.Token(namespace, spec.ServiceAccountName)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(c.CA())
	if err != nil {
		t.Fatal(err)
	}
	if err := controlplane.MountAccount(token, namespace, ca); err != nil {
		t.Fatal(err)
	}
	server, err := url.Parse(c.URL)
	if err != nil {
		t.Fatal(err)
	}
	container := spec.Containers[0]
	command := exec.Command(container.Command[0], container.Command[1:]...)
	if container.Command[0] == "tkn" {
		command = exec.Command(binaries.Path("tkn"), container.Command[1:]...)
	}
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "KUBERNETES_SERVICE_HOST=" + server.Hostname(), "KUBERNETES_SERVICE_PORT=" + server.Port()}
	for _, e := range container.Env {
		command.Env = append(command.Env, e.Name+"="+e.Value)
	}
	out, err := command.CombinedOutput()
	return string(out), err
}

func podOfJob(t *testing.T, objects []manifest.Object, name string) corev1.PodSpec {
	t.Helper()
	for _, o := range ofKind(objects, "CronJob", "Job") {
		if o.Name != name {
			continue
		}
		var cron batchv1.CronJob
		var job batchv1.Job
		if o.Kind == "Job" {
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Value, &job); err != nil {
				t.Fatal(err)
			}
			return job.Spec.Template.Spec
		}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Value, &cron); err != nil {
			t.Fatal(err)
		}
		return cron.Spec.JobTemplate.Spec.Template.Spec
	}
	t.Fatalf("there is no job %s", name)
	return corev1.PodSpec{}
}

// wantRequests reads the API server's audit log: all that an account asked for was allowed, and its
// role allows no verb that it did not use.
func (c *cluster) wantRequests(t *testing.T, objects []manifest.Object, account, role string) {
	t.Helper()
	allowed := verbsOf(t, objects, role)
	file, err := os.Open(c.AuditLog())
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var seen []string
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e struct {
			Verb, RequestURI string
			User             struct{ Username string }
			ObjectRef        *struct{ Resource string }
			Annotations      map[string]string
		}
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		if e.User.Username != "system:serviceaccount:"+namespace+":"+account || e.ObjectRef == nil || e.ObjectRef.Resource == "" {
			continue
		}
		if e.Annotations["authorization.k8s.io/decision"] != "allow" {
			t.Errorf("%s was refused %s %s", account, e.Verb, e.RequestURI)
		}
		if !slices.Contains(seen, e.Verb) {
			seen = append(seen, e.Verb)
		}
	}
	slices.Sort(seen)
	if !slices.Equal(seen, allowed) {
		t.Errorf("%s used the verbs %v, and its role allows %v", account, seen, allowed)
	}
}

// verbsOf are the verbs that a role of the platform allows, whatever on.
func verbsOf(t *testing.T, objects []manifest.Object, role string) []string {
	t.Helper()
	var verbs []string
	for _, o := range ofKind(objects, "Role", "ClusterRole") {
		rules, _ := o.Value["rules"].([]any)
		for _, rule := range rules {
			for _, verb := range rule.(map[string]any)["verbs"].([]any) {
				if o.Name == role && !slices.Contains(verbs, verb.(string)) {
					verbs = append(verbs, verb.(string))
				}
			}
		}
	}
	if verbs == nil {
		t.Fatalf("there is no role %s", role)
	}
	slices.Sort(verbs)
	return verbs
}
