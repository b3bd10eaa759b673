//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/test/controlplane"
)

// labelNode gives a node the labels of all flavors, or takes them away: Kueue puts them back into pods as it admits them.
func (c *nodeCluster) labelNode(t *testing.T, objects []manifest.Object, node string, has bool) {
	t.Helper()
	labels := map[string]any{}
	for _, o := range ofKind(objects, "ResourceFlavor") {
		value, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "nodeLabels"})
		for key, text := range value.(map[string]any) {
			if labels[key] = nil; has {
				labels[key] = text
			}
		}
	}
	patch, _ := json.Marshal(map[string]any{"metadata": map[string]any{"labels": labels}})
	if _, err := c.typed.CoreV1().Nodes().Patch(t.Context(), node, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
}

// gpuPod is the pod of a run that executes its notebooks; nil while there is none.
func (c *nodeCluster) gpuPod(t *testing.T, run string) *corev1.Pod {
	t.Helper()
	pods, err := c.typed.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{LabelSelector: "tekton.dev/pipelineRun=" + run + ",tekton.dev/pipelineTask=execute-notebook-gpu"})
	if err != nil {
		t.Fatal(err)
	}
	if len(pods.Items) == 0 {
		return nil
	}
	return &pods.Items[0]
}

// runningPod waits until the notebooks of a run are executed.
func (c *nodeCluster) runningPod(t *testing.T, run string) *corev1.Pod {
	t.Helper()
	var pod *corev1.Pod
	eventually(t, 4*time.Minute, "the notebooks run", func() error {
		if pod = c.gpuPod(t, run); pod == nil || pod.Status.Phase != corev1.PodRunning {
			return fmt.Errorf("%s has no pod that runs", run)
		}
		return nil
	})
	return pod
}

// quotaOfGPUs sets how many GPUs the queue gives at a time.
func (c *nodeCluster) quotaOfGPUs(t *testing.T, queue manifest.Object, gpus string) {
	t.Helper()
	value, _ := manifest.Lookup(queue.Value, manifest.Path{"spec", "resourceGroups", 0, "flavors", 0, "resources"})
	for _, resource := range value.([]any) {
		if fields := resource.(map[string]any); fields["name"] == "nvidia.com/gpu" {
			fields["nominalQuota"] = gpus
		}
	}
	c.must(t, queue)
}

// filler is a pod that takes a GPU through the queue, as somebody else's would.
const filler = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"filler","namespace":%q,"labels":{"kueue.x-k8s.io/queue-name":"gpu"}},"spec":{"restartPolicy":"Never","terminationGracePeriodSeconds":0,
"automountServiceAccountToken":false,"securityContext":{"runAsNonRoot":true,"runAsUser":1001,"seccompProfile":{"type":"RuntimeDefault"}},
"containers":[{"name":"filler","image":%q,"command":["sleep","86400"],"resources":{"requests":{"cpu":"1m","memory":"8Mi"},"limits":{"memory":"64Mi","nvidia.com/gpu":"1"}},
"securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}}}]}}`

// testQueue: a run whose GPUs are taken waits in Kueue's line, refused by nobody, and goes on once they are free.
func (c *nodeCluster) testQueue(t *testing.T, objects []manifest.Object) {
	queue := ofKind(objects, "ClusterQueue")[0]
	c.quotaOfGPUs(t, queue, "1")
	defer c.quotaOfGPUs(t, queue, "4")
	repository := c.environment.State.Registry + "/git"
	if out, err := c.Kubectl(t.Context(), []byte(fmt.Sprintf(filler, namespace, repository+"@"+c.digests[repository])), "apply", "-f", "-"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := c.Kubectl(t.Context(), nil, "-n", namespace, "wait", "--for=condition=Ready", "pod/filler", "--timeout=90s"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := c.started(t, namespace, c.pushed(t, c.event(c.commitWith(t, "example/single-cell-notebooks", nil))))
	eventually(t, 4*time.Minute, "the run waits in line", func() error {
		pod := c.gpuPod(t, run)
		if pod == nil || !slices.ContainsFunc(pod.Spec.SchedulingGates, func(g corev1.PodSchedulingGate) bool { return g.Name == "kueue.x-k8s.io/admission" }) {
			return fmt.Errorf("%s is not held by Kueue", run)
		}
		return nil
	})
	if out, err := c.Kubectl(t.Context(), nil, "-n", namespace, "delete", "pod", "filler"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	freed := time.Now()
	c.runningPod(t, run)
	t.Logf("the notebooks run %.1f s after the GPU was free", time.Since(freed).Seconds())
	defer c.explain(t, run)
	ended := c.awaitEnd(t, run)
	if reason := ended.Status.GetCondition("Succeeded").Reason; reason != "Completed" && reason != "Succeeded" {
		t.Errorf("%s ended with %s", run, reason)
	}
	c.answer("Does a run whose GPUs are taken wait in line, and go on once they are free?", "Kueue", 1, 1)
}

// slowly is the first notebook of the repository, which takes longer by some seconds.
func slowly(t *testing.T, seconds int) string {
	t.Helper()
	text, err := os.ReadFile("testdata/repositories/notebooks/notebooks/01_scRNA_analysis_preprocessing.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(string(text), `"source": "import subprocess`, fmt.Sprintf(`"source": "import time; time.sleep(%d)\nimport subprocess`, seconds), 1)
}

// testEvicted, in the phase where the former CI runs too: notebooks whose pod is evicted in the middle, as from a node
// that is drained, begin anew in another pod, and the run succeeds.
func (c *nodeCluster) testEvicted(t *testing.T) {
	before := len(c.told(t))
	slow := map[string]string{"notebooks/01_scRNA_analysis_preprocessing.ipynb": slowly(t, 20)}
	commit := c.commitBelow(t, half, "example/single-cell-notebooks", slow)
	c.formerCI(t, commit, `{"tests": {"tests": 3, "failures": 0, "errors": 0, "skipped": 0}}`)
	run := c.started(t, namespace, c.pushed(t, c.event(commit)))
	pod := c.runningPod(t, run)
	if err := c.typed.PolicyV1().Evictions(namespace).Evict(t.Context(), &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Namespace: namespace}}); err != nil {
		t.Fatal(err)
	}
	defer c.explain(t, run)
	ended := c.awaitEnd(t, run)
	if reason := ended.Status.GetCondition("Succeeded").Reason; reason != "Completed" && reason != "Succeeded" {
		t.Errorf("it ended with %s", reason)
	}
	if again := c.gpuPod(t, run); again == nil || again.UID == pod.UID {
		t.Errorf("no other pod ran the notebooks: nothing was evicted")
	}
	wantTold(t, c.told(t)[before:], "api.github.com", `"state": "pending"`, `"state": "success"`)
	wantTold(t, c.told(t)[before:], "hooks.slack.com", "POST /good")
	if compared := c.published(t, run, "comparison/comparison.json"); !strings.Contains(compared, `"agreement": "same"`) {
		t.Errorf("the comparison with the former CI says %s", compared)
	}
}

// formerCI publishes what the former CI says of a commit, for which a run waits while both run all commits.
func (c *nodeCluster) formerCI(t *testing.T, commit, summary string) {
	t.Helper()
	folder := filepath.Join(c.objects, "scientific-computing-ci-dev", "actions", commit)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "summary.json"), []byte(summary), 0o644); err != nil {
		t.Fatal(err)
	}
}

// testNodeDies: the node that executes the notebooks dies, all at once. Once its cloud says that the machine is gone, as
// its controller does by deleting the Node, the notebooks begin anew on another node, and the run succeeds.
func (c *nodeCluster) testNodeDies(t *testing.T, objects []manifest.Object) {
	started := time.Now()
	die, err := c.RunSecondNode(t.Context(), 4, outside)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("a second node is ready after %.1f s", time.Since(started).Seconds())
	c.labelNode(t, objects, "node", false)
	c.labelNode(t, objects, controlplane.SecondName, true)
	before := len(c.told(t))
	slow := map[string]string{"notebooks/01_scRNA_analysis_preprocessing.ipynb": slowly(t, 20)}
	run := c.started(t, namespace, c.pushed(t, c.event(c.commitWith(t, "example/single-cell-notebooks", slow))))
	defer c.explain(t, run)
	if pod := c.runningPod(t, run); pod.Spec.NodeName != controlplane.SecondName {
		t.Errorf("the notebooks run on %s", pod.Spec.NodeName)
	}
	die()
	died := time.Now()
	c.labelNode(t, objects, "node", true)
	nodes := c.typed.CoreV1().Nodes()
	eventually(t, 2*time.Minute, "the node is known to be gone", func() error {
		node, err := nodes.Get(t.Context(), controlplane.SecondName, metav1.GetOptions{})
		if err != nil {
			return err
		}
		for _, condition := range node.Status.Conditions {
			if condition.Type == corev1.NodeReady && condition.Status == corev1.ConditionUnknown {
				return nil
			}
		}
		return fmt.Errorf("it is %v", node.Status.Conditions)
	})
	if err := nodes.Delete(t.Context(), controlplane.SecondName, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, 4*time.Minute, "the notebooks run on the other node", func() error {
		pod := c.gpuPod(t, run)
		if pod == nil || pod.Spec.NodeName != "node" || pod.Status.Phase != corev1.PodRunning {
			return fmt.Errorf("they do not")
		}
		return nil
	})
	t.Logf("the notebooks run again %.0f s after their node died", time.Since(died).Seconds())
	ended := c.awaitEnd(t, run)
	if reason := ended.Status.GetCondition("Succeeded").Reason; reason != "Completed" && reason != "Succeeded" {
		t.Errorf("it ended with %s", reason)
	}
	wantTold(t, c.told(t)[before:], "api.github.com", `"state": "pending"`, `"state": "success"`)
}
