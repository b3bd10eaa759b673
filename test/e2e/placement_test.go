//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/graph"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/platform"
)

// testPlacement asks the scheduler about the pod that Tekton made of each declared task, on the
// nodes of one pool at a time, and tenon about the same task and pool.
func (c *cluster) testPlacement(t *testing.T, e check.Environment) {
	pools := placementPools(t, e)
	for name := range e.State.Pools {
		delete(pools, name) // these have nodes already
	}
	c.addNodes(t, pools)
	maps.Copy(pools, e.State.Pools)
	pods := c.podOfEachTask(t, e)
	c.ensureNamespaces(t, "placement")
	asked, fits := 0, 0
	for _, pool := range slices.Sorted(maps.Keys(pools)) {
		c.openOnly(t, pool)
		time.Sleep(300 * time.Millisecond) // the scheduler hears of it by a watch
		said := verdicts(t, e, pool, pools[pool])
		real := c.schedule(t, pool, pods)
		for _, task := range slices.Sorted(maps.Keys(pods)) {
			asked++
			if real[task] == "" {
				fits++
			}
			if (real[task] == "") != (said[task] == "") {
				t.Errorf("%s on pool %s: the scheduler says %q, tenon %q", task, pool, real[task], said[task])
			}
			if cause(real[task]) != cause(said[task]) {
				t.Errorf("%s on pool %s: another cause: the scheduler says %q, tenon %q", task, pool, real[task], said[task])
			}
		}
	}
	c.openOnly(t, "")
	if fits == 0 || fits == asked {
		t.Errorf("%d of %d fit: the comparison proves nothing", fits, asked)
	}
	c.answer("Does the pod of a task fit the nodes of a pool, and if not, what keeps it off?", "the scheduler", asked, fits)
}

// placementPools are the pools of all environments, and some that differ from the declared ones in
// one thing: another taint, another label, too little of something.
func placementPools(t *testing.T, e check.Environment) map[string]platform.Pool {
	t.Helper()
	all := maps.Clone(e.State.Pools)
	for _, other := range environments(t) {
		if other.State.Environment == e.State.Environment {
			continue
		}
		for name, pool := range other.State.Pools {
			all[other.State.Environment+"-"+name] = pool
		}
	}
	for name, pool := range e.State.Pools {
		small := pool
		small.Allocatable.CPU, small.Nodes.Max = "50m", 1
		all[name+"-small"] = small
		tainted := pool
		tainted.Taints, tainted.Nodes.Max = append(slices.Clone(pool.Taints), platform.Taint{Key: "dedicated", Value: "others", Effect: "NoSchedule"}), 1
		all[name+"-tainted"] = tainted
		unlabelled := pool
		unlabelled.Labels, unlabelled.Nodes.Max = nil, 1
		all[name+"-unlabelled"] = unlabelled
	}
	return all
}

// podOfEachTask are pods as Tekton's controller made them, by task, of the last runs
// of the platform's pipelines. What ties a pod to its run is taken off: its claims, and the
// affinity to the assistant that holds them.
func (c *cluster) podOfEachTask(t *testing.T, e check.Environment) map[string]corev1.PodSpec {
	t.Helper()
	list, err := c.typed.CoreV1().Pods("").List(t.Context(), metav1.ListOptions{LabelSelector: "tekton.dev/pipelineTask"})
	if err != nil {
		t.Fatal(err)
	}
	pods := map[string]corev1.PodSpec{}
	for _, p := range list.Items {
		spec := *p.Spec.DeepCopy()
		spec.NodeName, spec.Affinity, spec.ServiceAccountName, spec.DeprecatedServiceAccount, spec.Priority = "", nil, "", "", nil
		spec.AutomountServiceAccountToken = new(bool)
		var kept []corev1.Volume
		for _, v := range spec.Volumes {
			if v.PersistentVolumeClaim != nil {
				v.VolumeSource = corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}
			}
			kept = append(kept, v)
		}
		spec.Volumes = kept
		pods[p.Labels["tekton.dev/pipelineTask"]] = spec
	}
	declared := 0
	for _, p := range e.State.Pipelines {
		declared += len(p.Tasks) + len(p.Finally)
	}
	if len(pods) != declared {
		t.Fatalf("%d of %d declared tasks have run", len(pods), declared)
	}
	return pods
}

// schedule creates each pod and reports why it was not placed; empty where it was.
func (c *cluster) schedule(t *testing.T, pool string, pods map[string]corev1.PodSpec) map[string]string {
	t.Helper()
	client := c.typed.CoreV1().Pods("placement")
	verdicts := map[string]string{}
	for task, spec := range pods {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{GenerateName: "p-"}, Spec: spec}
		created, err := client.Create(t.Context(), pod, metav1.CreateOptions{})
		if err != nil {
			t.Fatalf("%s: %v", task, err)
		}
		verdicts[task] = created.Name
	}
	for task, name := range verdicts {
		verdicts[task] = c.placed(t, name)
	}
	if err := client.DeleteCollection(t.Context(), metav1.DeleteOptions{GracePeriodSeconds: new(int64)}, metav1.ListOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, 30*time.Second, "the pods of pool "+pool+" go", func() error {
		left, err := client.List(t.Context(), metav1.ListOptions{})
		if err == nil && len(left.Items) > 0 {
			err = fmt.Errorf("%d are there", len(left.Items))
		}
		return err
	})
	return verdicts
}

// placed waits for the scheduler's word on a pod.
func (c *cluster) placed(t *testing.T, name string) (why string) {
	t.Helper()
	eventually(t, 30*time.Second, "the scheduler looks at "+name, func() error {
		pod, err := c.typed.CoreV1().Pods("placement").Get(context.Background(), name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		for _, condition := range pod.Status.Conditions {
			if condition.Type == corev1.PodScheduled {
				if condition.Status == corev1.ConditionFalse {
					why = condition.Message
				}
				return nil
			}
		}
		return fmt.Errorf("not yet")
	})
	return why
}

// verdicts are tenon's findings about each task where the cluster had this pool only.
func verdicts(t *testing.T, e check.Environment, name string, pool platform.Pool) map[string]string {
	objects := e.Targets[0].Objects
	facts := e.State.Facts
	facts.Pools = map[string]platform.Pool{name: pool}
	runs := graph.Runs(objects)
	runs = append(runs, graph.Runs(samplesOf(t, e))...)
	said := map[string]string{}
	for _, f := range graph.Check(graph.Input{Objects: objects, Runs: runs, Facts: facts, Complete: true}) {
		switch f.Rule {
		case "graph/taint-not-tolerated", "graph/no-pool-matches", "graph/too-large-for-pools":
			_, rest, _ := strings.Cut(f.Message, "the pod of ")
			task, _, _ := strings.Cut(rest, " ")
			said[task] = f.Message
		}
	}
	return said
}

// samplesOf are the runs that a target brings as files to be created by hand.
func samplesOf(t *testing.T, e check.Environment) []manifest.Object {
	t.Helper()
	var all []manifest.Object
	for name, text := range e.Targets[0].Files {
		if strings.HasPrefix(name, "samples/") {
			all = append(all, parse(t, text)...)
		}
	}
	return all
}

// cause puts the words of the scheduler and of tenon for why a pod is not placed into one: that of
// the first filter which keeps it off.
func cause(text string) string {
	switch {
	case text == "":
		return ""
	case strings.Contains(text, "untolerated taint"), strings.Contains(text, "is not tolerated"):
		return "taint"
	case strings.Contains(text, "node affinity/selector"), strings.Contains(text, "label"):
		return "affinity"
	}
	return "resource"
}
