//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/graph"
	"tenon.dev/tenon/internal/manifest"
)

// testWaiting: a run beyond the phase's concurrent runs waits for the quota, and goes on when there
// is room.
func (c *cluster) testWaiting(t *testing.T, objects []manifest.Object) {
	first, err := c.apply(t.Context(), byHand(t, objects, ""))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, 30*time.Second, "the first run begins", func() error { return c.begun(t, first.GetName()) })
	second, err := c.apply(t.Context(), byHand(t, objects, ""))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, 30*time.Second, "the second run waits", func() error {
		if why := c.held(t, second.GetName()); !strings.Contains(why, "exceeded quota: scientific-computing") {
			return fmt.Errorf("it says %q", why)
		}
		return nil
	})
	c.remove(t, first.GetName())
	eventually(t, time.Minute, "the second run begins", func() error { return c.begun(t, second.GetName()) })
	c.remove(t, second.GetName())
}

// begun tells whether a pod of a run has been made.
func (c *cluster) begun(t *testing.T, run string) error {
	if len(c.podsOf(t, run)) == 0 {
		return fmt.Errorf("it has no pod")
	}
	return nil
}

// held is why a quota holds a run or one of its tasks up; empty where none does.
func (c *cluster) held(t *testing.T, run string) string {
	t.Helper()
	for _, kind := range []string{"PipelineRun", "TaskRun"} {
		endpoint, err := c.resource("tekton.dev/v1", kind, namespace)
		if err != nil {
			t.Fatal(err)
		}
		options := metav1.ListOptions{LabelSelector: "tekton.dev/pipelineRun=" + run}
		if kind == "PipelineRun" {
			options = metav1.ListOptions{FieldSelector: "metadata.name=" + run}
		}
		list, err := endpoint.List(t.Context(), options)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range list.Items {
			run := convert[pipelinev1.TaskRun](t, &item) // both kinds have their condition at the same place
			if why := run.Status.GetCondition("Succeeded").GetMessage(); strings.Contains(why, "exceeded quota") {
				return why
			}
		}
	}
	return ""
}

// testQuota puts the namespace under quotas around what a run needs, and compares what happens to a
// run with tenon's verdict on the quota.
func (c *cluster) testQuota(t *testing.T, e check.Environment) {
	asked, waits := 0, 0
	for _, hard := range []string{
		`requests.nvidia.com/gpu: "2"`, `requests.nvidia.com/gpu: "3"`,
		`requests.memory: 64Gi`, `requests.memory: 80Gi`,
		`requests.cpu: "16"`, `requests.cpu: "24"`,
		`persistentvolumeclaims: "2"`, `persistentvolumeclaims: "3"`,
		`requests.storage: 610Gi`, `requests.storage: 620Gi`,
	} {
		quota := parse(t, "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: pressure, namespace: "+namespace+"}\nspec: {hard: {"+hard+"}}\n")[0]
		said := quotaVerdict(e, quota)
		real := c.underQuota(t, e.Targets[0].Objects, quota)
		if (real == "") != (said == "") {
			t.Errorf("%s: the cluster says %q, tenon %q", hard, real, said)
		}
		asked++
		if real != "" {
			waits++
		}
	}
	c.answer("Does a quota of the namespace hold a run up?", "the quota, by Tekton's controller", asked, waits)
}

// quotaVerdict is what tenon says of one more quota.
func quotaVerdict(e check.Environment, quota manifest.Object) string {
	objects := append([]manifest.Object{quota}, e.Targets[0].Objects...)
	concurrent := e.State.Phases[e.Targets[0].Phase].ConcurrentRuns
	for _, f := range graph.Check(graph.Input{Objects: objects, Runs: graph.Runs(objects), Facts: e.State.Facts, Complete: true, ConcurrentRuns: concurrent}) {
		if f.Rule == "graph/quota-too-small" && f.Object.Name == quota.Name {
			return f.Message
		}
	}
	return ""
}

// underQuota starts a run under a quota and says why it is held up; empty once the run has done its
// widest task.
func (c *cluster) underQuota(t *testing.T, objects []manifest.Object, quota manifest.Object) string {
	t.Helper()
	c.must(t, quota)
	eventually(t, 30*time.Second, "the quota counts", func() error {
		found, err := c.get(t.Context(), quota)
		if err == nil && found.Object["status"] == nil {
			err = fmt.Errorf("not yet")
		}
		return err
	})
	created, err := c.apply(t.Context(), byHand(t, objects, ""))
	if err != nil {
		t.Fatal(err)
	}
	why := ""
	eventually(t, 2*time.Minute, "the run goes on or is held up", func() error {
		if why = c.held(t, created.GetName()); why != "" {
			return nil
		}
		for _, p := range c.podsOf(t, created.GetName())["execute-tests"] {
			if p.Spec.NodeName != "" {
				return nil
			}
		}
		return fmt.Errorf("neither")
	})
	if err := c.delete(t.Context(), quota); err != nil {
		t.Fatal(err)
	}
	c.remove(t, created.GetName())
	return why
}
