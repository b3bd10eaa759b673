// Package placement knows whether the scheduler could put a pod on a node of a pool, and if
// not, why. It asks the scheduler's own helpers; it knows nothing of where pods come from.
package placement

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	schedulinghelpers "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
	"k8s.io/klog/v2"

	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/platform"
)

// Cause says what keeps a pod off a node.
type Cause string

// The causes, in the order in which the scheduler's filters would find them.
const (
	Taint    Cause = "taint"
	Affinity Cause = "affinity"
	Resource Cause = "resource"
)

// Reason is why a pod does not fit a pool.
type Reason struct {
	Pool  string
	Cause Cause
	// Text says it in words, such as "taint nvidia.com/gpu=present:NoSchedule is not tolerated".
	Text string
	// Resource names what is lacking where the cause is Resource.
	Resource corev1.ResourceName
}

// Pool is a pool as the scheduler sees it: any one of its nodes, empty.
type Pool struct {
	Name string
	Node *corev1.Node
}

// Pools makes scheduler's nodes of a platform's pools, sorted by name.
func Pools(pools map[string]platform.Pool) ([]Pool, error) {
	var all []Pool
	for name, pool := range pools {
		node, err := node(name, pool)
		if err != nil {
			return nil, fmt.Errorf("pool %s: %w", name, err)
		}
		all = append(all, Pool{name, node})
	}
	slices.SortFunc(all, func(a, b Pool) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

func node(name string, pool platform.Pool) (*corev1.Node, error) {
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{
		"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", "kubernetes.io/hostname": name,
	}}}
	n.Status.Allocatable = corev1.ResourceList{corev1.ResourcePods: resource.MustParse("110")}
	for key, text := range map[corev1.ResourceName]string{
		corev1.ResourceCPU:              pool.Allocatable.CPU,
		corev1.ResourceMemory:           pool.Allocatable.Memory,
		corev1.ResourceEphemeralStorage: pool.Allocatable.EphemeralStorage,
	} {
		quantity, err := manifest.ParseQuantity(text)
		if err != nil {
			return nil, fmt.Errorf("allocatable %s %q: %w", key, text, err)
		}
		n.Status.Allocatable[key] = quantity
	}
	for key, value := range pool.Labels {
		n.Labels[key] = value
	}
	for _, t := range pool.Taints {
		n.Spec.Taints = append(n.Spec.Taints, corev1.Taint{Key: t.Key, Value: t.Value, Effect: corev1.TaintEffect(t.Effect)})
	}
	if pool.GPU != nil {
		addGPU(n, *pool.GPU)
	}
	return n, nil
}

// addGPU gives the node what NVIDIA's device plugin and feature discovery give it.
func addGPU(n *corev1.Node, gpu platform.GPU) {
	n.Labels["nvidia.com/gpu.present"] = "true"
	n.Labels["nvidia.com/gpu.product"] = gpu.Model
	n.Labels["nvidia.com/gpu.count"] = fmt.Sprint(gpu.PerNode)
	if gpu.Sharing.Strategy == "timeSlicing" {
		n.Labels["nvidia.com/gpu.product"] += "-SHARED"
	}
	n.Status.Allocatable[corev1.ResourceName(gpu.Resource())] = *resource.NewQuantity(int64(gpu.Devices()), resource.DecimalSI)
	n.Spec.Taints = append(n.Spec.Taints, corev1.Taint{
		Key: gpu.Taint.Key, Value: gpu.Taint.Value, Effect: corev1.TaintEffect(gpu.Taint.Effect),
	})
}

// Pod is what the scheduler looks at in a pod.
type Pod struct {
	NodeSelector map[string]string
	Affinity     *corev1.Affinity
	Tolerations  []corev1.Toleration
	Requests     corev1.ResourceList
}

// Fit tells whether an empty node of the pool could take the pod, and if not, each reason.
func Fit(pod Pod, pool Pool) []Reason {
	var reasons []Reason
	because := func(cause Cause, format string, args ...any) {
		reasons = append(reasons, Reason{Pool: pool.Name, Cause: cause, Text: fmt.Sprintf(format, args...)})
	}
	hard := func(t *corev1.Taint) bool {
		return t.Effect == corev1.TaintEffectNoSchedule || t.Effect == corev1.TaintEffectNoExecute
	}
	if taint, found := schedulinghelpers.FindMatchingUntoleratedTaint(klog.Background(), pool.Node.Spec.Taints, pod.Tolerations, hard, false); found {
		because(Taint, "taint %s is not tolerated", taint.ToString())
	}
	match, err := nodeaffinity.NewRequiredNodeAffinity(pod.NodeSelector, pod.Affinity).Match(pool.Node)
	switch {
	case err != nil:
		because(Affinity, "the node affinity is invalid: %v", err)
	case !match:
		because(Affinity, "%s", mismatch(pod, pool.Node))
	}
	for _, name := range slices.Sorted(maps.Keys(pod.Requests)) {
		asked, offered := pod.Requests[name], pool.Node.Status.Allocatable[name]
		if asked.Cmp(offered) > 0 {
			reasons = append(reasons, Reason{
				Pool: pool.Name, Cause: Resource, Resource: name,
				Text: fmt.Sprintf("%s %s asked for, a node offers %s", asked.String(), name, offered.String()),
			})
		}
	}
	return reasons
}

func mismatch(pod Pod, n *corev1.Node) string {
	for _, key := range slices.Sorted(maps.Keys(pod.NodeSelector)) {
		have, labelled := n.Labels[key]
		switch want := pod.NodeSelector[key]; {
		case !labelled:
			return fmt.Sprintf("nodes have no label %s", key)
		case have != want:
			return fmt.Sprintf("label %s is %s, not %s", key, have, want)
		}
	}
	return "the required node affinity does not match"
}
