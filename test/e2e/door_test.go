//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestGPUsInLine: where pods that name no queue may take no GPUs, the API server keeps them out of the platform's namespace,
// and lets in those that wait in line, the placeholders of warm pools, and all that ask for none.
func TestGPUsInLine(t *testing.T) {
	c := newCluster(t, nil)
	e, _ := newPlatform(t, map[string]string{"queue.cue": `package platform

platform: {
	queue: unlabelled: "refused"
	warmPools: gpu: pool: "gpu"
}
`})
	objects := e.Targets[0].Objects
	c.must(t, ofKind(objects, "Namespace", "PriorityClass", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")...)
	home := e.State.Namespace.Name
	c.ensureNamespaces(t, "elsewhere")
	for _, in := range []string{home, "elsewhere"} {
		account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}
		if _, err := c.typed.CoreV1().ServiceAccounts(in).Create(t.Context(), account, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	create := func(in string, change func(*corev1.Pod)) error {
		no, yes := false, true
		pod := &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{GenerateName: "pod-", Labels: map[string]string{}},
			Spec: corev1.PodSpec{
				SecurityContext: &corev1.PodSecurityContext{RunAsNonRoot: &yes, SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}},
				Containers: []corev1.Container{{
					Name: "step", Image: "registry.example.com/step:1",
					Resources:       corev1.ResourceRequirements{Limits: corev1.ResourceList{"nvidia.com/gpu": resource.MustParse("1")}},
					SecurityContext: &corev1.SecurityContext{AllowPrivilegeEscalation: &no, Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}},
				}},
			},
		}
		change(pod)
		_, err := c.typed.CoreV1().Pods(in).Create(t.Context(), pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return err
	}
	// It takes some moments until a policy counts.
	eventually(t, time.Minute, "a pod that names no queue is refused", func() error {
		err := create(home, func(*corev1.Pod) {})
		if err == nil || !strings.Contains(err.Error(), "waits in line here") {
			return fmt.Errorf("the API server says %w", err)
		}
		return nil
	})
	for what, change := range map[string]func(*corev1.Pod){
		"in line":       func(p *corev1.Pod) { p.Labels["kueue.x-k8s.io/queue-name"] = "gpu" },
		"a placeholder": func(p *corev1.Pod) { p.Spec.PriorityClassName = e.State.Name + "-warm-gpu" },
		"without a GPU": func(p *corev1.Pod) { p.Spec.Containers[0].Resources = corev1.ResourceRequirements{} },
	} {
		if err := create(home, change); err != nil {
			t.Errorf("a pod %s: %v", what, err)
		}
	}
	if err := create("elsewhere", func(*corev1.Pod) {}); err != nil {
		t.Errorf("a pod in a namespace that is none of the platform's: %v", err)
	}
}
