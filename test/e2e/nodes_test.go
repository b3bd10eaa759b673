//go:build e2e

package e2e

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tenon.dev/tenon/internal/platform"
)

// poolLabel says of a test's node which pool it belongs to; nothing that is rendered selects it.
const poolLabel = "e2e.tenon.dev/pool"

// nodesOf are the nodes of a pool as a cloud would bring them up and NVIDIA's operator label
// them, at most three. They are written down here anew, and not taken from tenon's own idea of a
// node, which is what they are compared with.
func nodesOf(t *testing.T, name string, pool platform.Pool) []*corev1.Node {
	t.Helper()
	var nodes []*corev1.Node
	for i := range min(3, max(1, pool.Nodes.Max)) {
		host := fmt.Sprintf("%s-%d", name, i)
		capacity := corev1.ResourceList{
			"cpu": quantity(t, pool.Allocatable.CPU), "memory": quantity(t, pool.Allocatable.Memory), "pods": quantity(t, "110"),
			"ephemeral-storage": quantity(t, pool.Allocatable.EphemeralStorage),
		}
		n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: host, Labels: map[string]string{
			poolLabel: name, "kubernetes.io/hostname": host, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
			"topology.kubernetes.io/zone": fmt.Sprintf("zone-%d", i),
		}}}
		maps.Copy(n.Labels, pool.Labels)
		for _, taint := range pool.Taints {
			n.Spec.Taints = append(n.Spec.Taints, corev1.Taint{Key: taint.Key, Value: taint.Value, Effect: corev1.TaintEffect(taint.Effect)})
		}
		if pool.GPU != nil {
			equip(n, *pool.GPU, capacity)
		}
		n.Spec.ProviderID = "kwok://" + host
		n.Status.Capacity, n.Status.Allocatable = capacity, capacity
		nodes = append(nodes, n)
	}
	return nodes
}

// equip is what NVIDIA's device plugin and feature discovery do to a node with GPUs
// (https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-sharing.html).
func equip(n *corev1.Node, gpu platform.GPU, capacity corev1.ResourceList) {
	product, device, count := gpu.Model, "nvidia.com/gpu", gpu.PerNode
	switch gpu.Sharing.Strategy {
	case "timeSlicing":
		product, count = product+"-SHARED", count*gpu.Sharing.Replicas
	case "mig":
		device, count = "nvidia.com/mig-"+gpu.Sharing.Profile, count*gpu.Sharing.PerGPU
	}
	n.Labels["nvidia.com/gpu.present"], n.Labels["nvidia.com/gpu.product"], n.Labels["nvidia.com/gpu.count"] = "true", product, fmt.Sprint(gpu.PerNode)
	capacity[corev1.ResourceName(device)] = *resource.NewQuantity(int64(count), resource.DecimalSI)
	n.Spec.Taints = append(n.Spec.Taints, corev1.Taint{Key: gpu.Taint.Key, Value: gpu.Taint.Value, Effect: corev1.TaintEffect(gpu.Taint.Effect)})
}

func quantity(t *testing.T, text string) resource.Quantity {
	t.Helper()
	q, err := resource.ParseQuantity(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return q
}

// addNodes brings up the nodes of pools and waits until they are ready.
func (c *cluster) addNodes(t *testing.T, pools map[string]platform.Pool) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(pools)) {
		for _, n := range nodesOf(t, name, pools[name]) {
			if _, err := c.typed.CoreV1().Nodes().Create(t.Context(), n, metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	eventually(t, time.Minute, "the nodes become ready", func() error {
		nodes, err := c.typed.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
		if err != nil {
			return err
		}
		for _, n := range nodes.Items {
			ready := slices.ContainsFunc(n.Status.Conditions, func(c corev1.NodeCondition) bool {
				return c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue
			})
			held := slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool { return t.Key == corev1.TaintNodeNotReady })
			if !ready || held {
				return fmt.Errorf("%s is not ready", n.Name)
			}
		}
		return nil
	})
}

// openOnly makes the nodes of all pools but one unschedulable; an empty name opens all.
func (c *cluster) openOnly(t *testing.T, pool string) {
	t.Helper()
	nodes, err := c.typed.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes.Items {
		patch := fmt.Sprintf(`{"spec":{"unschedulable":%t}}`, pool != "" && n.Labels[poolLabel] != pool)
		if _, err := c.typed.CoreV1().Nodes().Patch(t.Context(), n.Name, types.MergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, 30*time.Second, "the nodes are open or closed", func() error { return c.closedBut(t, pool) })
}

// closedBut tells whether exactly the nodes of a pool are without the taint that the controller
// gives to those that are unschedulable, and takes from them again later.
func (c *cluster) closedBut(t *testing.T, pool string) error {
	nodes, err := c.typed.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, n := range nodes.Items {
		closed := slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool { return t.Key == corev1.TaintNodeUnschedulable })
		if closed != (pool != "" && n.Labels[poolLabel] != pool) {
			return fmt.Errorf("%s is not", n.Name)
		}
	}
	return nil
}
