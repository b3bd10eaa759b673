//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/manifest"
)

// testBuilds runs the samples that build images.
func (c *cluster) testBuilds(t *testing.T, e check.Environment) {
	samples := samplesOf(t, e)
	if len(samples) == 0 {
		t.Fatal("there are no samples")
	}
	for _, o := range samples {
		created, err := c.apply(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		c.finished(t, o.Namespace, created.GetName())
	}
}

// testRun follows a run from the push to the end: where its pods were placed, and when they ran.
func (c *cluster) testRun(t *testing.T, url string) {
	name := c.started(t, namespace, post(t, url, event{sha: "0000000000000000000000000000000000000001", ref: "refs/heads/main", secret: secretValue}))
	run := c.finished(t, namespace, name)
	pods := c.podsOf(t, name)
	for task, want := range map[string]int{
		"report-pending": 1, "prepare-environment": 1, "execute-notebook-gpu": 2, "convert-results": 1, "download-test-framework": 1,
		"execute-tests": 1, "publish-results": 1,
	} {
		if len(pods[task]) != want {
			t.Errorf("%s ran in %d pods, want %d", task, len(pods[task]), want)
		}
		for _, pod := range pods[task] {
			pool := c.poolOf(t, pod)
			if gpu := strings.HasSuffix(task, "-gpu"); gpu != (pool == "gpu") {
				t.Errorf("%s ran in pool %s", task, pool)
			}
		}
	}
	if !overlap(pods["execute-notebook-gpu"][0], pods["execute-notebook-gpu"][1]) {
		t.Error("the notebooks ran one after the other")
	}
	// It waits for no notebook: on a machine with much to do its pod may start when they have ended, and is there before.
	beside := slices.ContainsFunc(pods["execute-notebook-gpu"], func(p corev1.Pod) bool {
		return !pods["download-test-framework"][0].CreationTimestamp.After(endOf(p))
	})
	if !beside {
		t.Error("the test framework was not downloaded beside the notebooks")
	}
	wantResult(t, run, "report", "value-of-location")
	c.wantNoClaims(t, run)
	t.Logf("%s: %d tasks, %s", name, len(run.Status.ChildReferences), run.Status.CompletionTime.Sub(run.Status.StartTime.Time))
}

// podsOf are the pods of a run by the name of their task in the pipeline.
func (c *cluster) podsOf(t *testing.T, run string) map[string][]corev1.Pod {
	t.Helper()
	list, err := c.typed.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{LabelSelector: "tekton.dev/pipelineRun=" + run})
	if err != nil {
		t.Fatal(err)
	}
	pods := map[string][]corev1.Pod{}
	for _, p := range list.Items {
		if task := p.Labels["tekton.dev/pipelineTask"]; task != "" {
			pods[task] = append(pods[task], p)
		}
	}
	return pods
}

func (c *cluster) poolOf(t *testing.T, pod corev1.Pod) string {
	t.Helper()
	node, err := c.typed.CoreV1().Nodes().Get(t.Context(), pod.Spec.NodeName, metav1.GetOptions{})
	if err != nil {
		t.Fatalf("the node of %s: %v", pod.Name, err)
	}
	return node.Labels[poolLabel]
}

// overlap tells whether two pods ran at the same time.
func overlap(a, b corev1.Pod) bool {
	return a.Status.StartTime.Time.Before(endOf(b)) && b.Status.StartTime.Time.Before(endOf(a))
}

func endOf(p corev1.Pod) time.Time {
	var end time.Time
	for _, s := range p.Status.ContainerStatuses {
		if s.State.Terminated != nil && s.State.Terminated.FinishedAt.After(end) {
			end = s.State.Terminated.FinishedAt.Time
		}
	}
	return end
}

func wantResult(t *testing.T, run pipelinev1.PipelineRun, name, want string) {
	t.Helper()
	for _, r := range run.Status.Results {
		if r.Name == name {
			if r.Value.StringVal != want {
				t.Errorf("the run's result %s is %q, want %q", name, r.Value.StringVal, want)
			}
			return
		}
	}
	t.Errorf("the run has no result %s", name)
}

// wantNoClaims wants the claims that a run made gone, as the platform's annotation asks of Tekton,
// and their volumes with them.
func (c *cluster) wantNoClaims(t *testing.T, run pipelinev1.PipelineRun) {
	t.Helper()
	eventually(t, 30*time.Second, "the claims of "+run.Name+" go", func() error {
		claims, err := c.typed.CoreV1().PersistentVolumeClaims(run.Namespace).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			return err
		}
		for _, claim := range claims.Items {
			if slices.ContainsFunc(claim.OwnerReferences, func(o metav1.OwnerReference) bool { return o.UID == run.UID }) {
				return fmt.Errorf("%s is there, %v", claim.Name, claim.DeletionTimestamp)
			}
		}
		volumes, err := c.typed.CoreV1().PersistentVolumes().List(t.Context(), metav1.ListOptions{})
		if err == nil && len(volumes.Items) > 2 {
			err = fmt.Errorf("%d volumes are there", len(volumes.Items))
		}
		return err
	})
}

// byHand is the run that the platform's template makes, with a task that fails.
func byHand(t *testing.T, objects []manifest.Object, fails string) manifest.Object {
	t.Helper()
	for _, o := range ofKind(objects, "TriggerTemplate") {
		raw, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "resourcetemplates", 0})
		o, _ := manifest.New(copyOf(t, raw.(map[string]any)), nil)
		metadata := o.Value["metadata"].(map[string]any)
		annotations := metadata["annotations"].(map[string]any)
		for key := range annotations {
			if strings.HasPrefix(key, "tenon.dev/") {
				delete(annotations, key)
			}
		}
		annotations[failAnnotation] = fails
		setParam(o, "repository", "https://github.com/example/notebooks")
		setParam(o, "revision", "0000000000000000000000000000000000000002")
		return o
	}
	t.Fatal("there is no TriggerTemplate")
	return manifest.Object{}
}

func setParam(run manifest.Object, name, value string) {
	params := run.Value["spec"].(map[string]any)["params"].([]any)
	for _, p := range params {
		if p := p.(map[string]any); p["name"] == name {
			p["value"] = value
		}
	}
}

// testFailures: a task that fails is tried again as often as its retries say, and the closing
// tasks run after one that failed for good.
func (c *cluster) testFailures(t *testing.T, objects []manifest.Object) {
	for _, x := range []struct {
		fails, task string
		attempts    int
		succeeds    bool
	}{
		{"prepare-environment@first", "prepare-environment", 2, true},
		{"execute-tests", "execute-tests", 1, false},
		{"download-test-framework", "download-test-framework", 3, false},
	} {
		o := byHand(t, objects, x.fails)
		created, err := c.apply(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		run := c.ended(t, namespace, created.GetName())
		pods := c.podsOf(t, run.Name)
		if condition := run.Status.GetCondition("Succeeded"); condition.IsTrue() != x.succeeds {
			t.Errorf("%s: the run ended with %s: %s", x.fails, condition.Reason, condition.Message)
		}
		if len(pods[x.task]) != x.attempts {
			t.Errorf("%s: %d attempts, want %d", x.fails, len(pods[x.task]), x.attempts)
		}
		if closing := pods["publish-results"]; len(closing) != 1 || closing[0].Status.Phase != corev1.PodSucceeded {
			t.Errorf("%s: the closing task did not run", x.fails)
		}
		c.wantNoClaims(t, run)
	}
}

// runNames lists the runs of a namespace by their labels.
func (c *cluster) runNames(ctx context.Context, in, selector string) ([]string, error) {
	endpoint, err := c.resource("tekton.dev/v1", "PipelineRun", in)
	if err != nil {
		return nil, err
	}
	list, err := endpoint.List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, item := range list.Items {
		names = append(names, item.GetName())
	}
	return names, nil
}

// remove deletes a run and waits until its claims are gone: the quota has room for those of one.
func (c *cluster) remove(t *testing.T, run string) {
	t.Helper()
	o := parse(t, "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {name: "+run+", namespace: "+namespace+"}\n")[0]
	found, err := c.get(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.delete(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	c.wantNoClaims(t, convert[pipelinev1.PipelineRun](t, found))
}

// finished waits until a run has ended, and wants it to have succeeded.
func (c *cluster) finished(t *testing.T, in, name string) pipelinev1.PipelineRun {
	t.Helper()
	run := c.ended(t, in, name)
	if condition := run.Status.GetCondition("Succeeded"); !condition.IsTrue() {
		t.Fatalf("%s ended with %s: %s", name, condition.Reason, condition.Message)
	}
	return run
}

// ended waits until a run is done.
func (c *cluster) ended(t *testing.T, in, name string) pipelinev1.PipelineRun {
	t.Helper()
	endpoint, err := c.resource("tekton.dev/v1", "PipelineRun", in)
	if err != nil {
		t.Fatal(err)
	}
	var run pipelinev1.PipelineRun
	eventually(t, 2*time.Minute, name+" ends", func() error {
		found, err := endpoint.Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		run = convert[pipelinev1.PipelineRun](t, found)
		if !run.IsDone() {
			condition := run.Status.GetCondition("Succeeded")
			return fmt.Errorf("it is %v", condition)
		}
		return nil
	})
	return run
}
