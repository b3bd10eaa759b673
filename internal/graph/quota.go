package graph

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// quota checks what each ResourceQuota says together with the pods of its namespace.
func (g *graph) quota() {
	for _, o := range g.Objects {
		if o.Kind != "ResourceQuota" {
			continue
		}
		if q, ok := as[corev1.ResourceQuota](o.Value); ok {
			g.quotaRoom(o, q)
			g.quotaDefaults(o, q)
			g.quotaBalance(o, q)
		}
	}
}

// quotaRoom checks that a quota has room for the concurrent runs of the phase at their widest, beside
// what always runs. Tekton tries a pod or claim above the quota again and again, and the timeouts of
// the run and its tasks count the wait.
func (g *graph) quotaRoom(o manifest.Object, q corev1.ResourceQuota) {
	if g.ConcurrentRuns == 0 {
		return
	}
	need, standing := g.demand(o.Namespace), g.standing(o.Namespace)
	for _, name := range slices.Sorted(maps.Keys(need)) {
		at, hard, limited := hardLimit(q, name)
		one, rest := need[name], standing[name]
		wanted := one.DeepCopy()
		wanted.Mul(int64(g.ConcurrentRuns))
		wanted.Add(rest)
		if !limited || wanted.Cmp(hard) <= 0 {
			continue
		}
		beside := ""
		if !rest.IsZero() {
			beside = fmt.Sprintf(", beside %s of what is always there", rest.String())
		}
		g.add(o, "graph/quota-too-small", finding.Error, manifest.Path{"spec", "hard", at},
			fmt.Sprintf("the quota allows %s %s, and each of the phase's concurrent runs asks for %s at its widest%s: what is above it waits, and the timeouts count the wait",
				hard.String(), name, one.String(), beside),
			"raise the quota, or lower concurrentRuns of the phase")
	}
}

// hardLimit is what a quota allows of a resource, and the key that says so: "cpu" and "memory" mean
// the requests too (https://kubernetes.io/docs/concepts/policy/resource-quotas/).
func hardLimit(q corev1.ResourceQuota, name corev1.ResourceName) (at string, hard resource.Quantity, limited bool) {
	for _, key := range []corev1.ResourceName{"requests." + name, name} {
		if hard, limited = q.Spec.Hard[key]; limited {
			return string(key), hard, true
		}
	}
	return "", hard, false
}

// combinations counts the pods that a matrix makes of a task.
func combinations(s step, run pipelinev1.PipelineRun) int {
	if s.Matrix == nil {
		return 1
	}
	count := 1
	for _, p := range s.Matrix.Params {
		count = min(tooMany, count*max(1, length(p.Value, run)))
	}
	return count + len(s.Matrix.Include)
}

// tooMany is more than anybody runs: beyond it counts are not kept apart, and cannot overflow.
const tooMany = 1 << 20

func length(value pipelinev1.ParamValue, run pipelinev1.PipelineRun) int {
	texts := append([]string{value.StringVal}, value.ArrayVal...)
	for _, text := range texts {
		name, ok := strings.CutPrefix(text, "$(params.")
		if !ok {
			continue
		}
		name = strings.TrimSuffix(name, "[*])")
		i := slices.IndexFunc(run.Spec.Params, func(p pipelinev1.Param) bool { return p.Name == name })
		if i >= 0 {
			return len(run.Spec.Params[i].Value.ArrayVal)
		}
	}
	return len(value.ArrayVal)
}

// counted are the resources that a quota counts beside GPUs and that containers commonly ask for.
var counted = []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory}

// quotaDefaults finds pods that a quota refuses: once it counts cpu or memory, every container
// has to ask for it, or a LimitRange has to do so instead
// (https://kubernetes.io/docs/concepts/policy/resource-quotas/).
func (g *graph) quotaDefaults(o manifest.Object, q corev1.ResourceQuota) {
	ranged := slices.ContainsFunc(g.Objects, func(l manifest.Object) bool { return l.Kind == "LimitRange" && l.Namespace == o.Namespace })
	if ranged {
		return
	}
	for _, name := range counted {
		_, requests := q.Spec.Hard["requests."+name]
		if _, short := q.Spec.Hard[name]; !requests && !short {
			continue
		}
		if who := g.asksForNone(o.Namespace, name); who != "" {
			g.add(o, "graph/quota-without-defaults", finding.Error, manifest.Path{"spec", "hard"},
				fmt.Sprintf("the quota counts %s, and a container of the %s asks for none: its pod is refused", name, who),
				"add a LimitRange with defaultRequest to the namespace, or requests to every container")
			return
		}
	}
}

// asksForNone names the first pod of a namespace with a container that does not say how much of a
// resource it needs.
func (g *graph) asksForNone(namespace string, name corev1.ResourceName) string {
	for _, p := range g.allPods() {
		for _, c := range p.spec.Containers {
			_, asked := c.Resources.Requests[name]
			_, limited := c.Resources.Limits[name]
			if p.namespace == namespace && !asked && !limited {
				return p.who
			}
		}
	}
	return ""
}

// quotaBalance finds a quota whose memory or cpu ends before its GPUs do, even if all pods on GPUs
// were those that ask for least beside one.
func (g *graph) quotaBalance(o manifest.Object, q corev1.ResourceQuota) {
	const gpu = corev1.ResourceName("nvidia.com/gpu")
	gpus, limited := q.Spec.Hard["requests."+gpu]
	if !limited || gpus.IsZero() {
		return
	}
	for _, name := range counted {
		hard, limited := q.Spec.Hard["requests."+name]
		least, who := g.leastBeside(o.Namespace, gpu, name)
		if !limited || least <= 0 || hard.Sign() < 0 || hard.MilliValue()/least >= gpus.Value() {
			continue
		}
		g.add(o, "graph/quota-unbalanced", finding.Warning, manifest.Path{"spec", "hard", "requests." + string(name)},
			fmt.Sprintf("%s ends before the GPUs do: %d of the quota's %s GPUs can be used by the %s", name, hard.MilliValue()/least, gpus.String(), who),
			"raise it, or lower the number of GPUs")
	}
}

// leastBeside gives what is asked for of a resource beside each device, in thousandths, by the pod
// of a namespace that asks for least; 0 where none asks for a device.
func (g *graph) leastBeside(namespace string, device, name corev1.ResourceName) (least int64, who string) {
	for _, p := range g.allPods() {
		devices, asked := askedBeside(p.spec, device, name)
		if p.namespace == namespace && devices > 0 && (who == "" || asked/devices < least) {
			least, who = asked/devices, p.who
		}
	}
	return least, who
}

// askedBeside gives the devices that a container of a pod asks for, and what the pod asks for of
// another resource, in thousandths.
func askedBeside(pod corev1.PodSpec, device, name corev1.ResourceName) (devices, asked int64) {
	for _, c := range pod.Containers {
		for _, list := range []corev1.ResourceList{c.Resources.Limits, c.Resources.Requests} {
			if n, ok := list[device]; ok {
				devices = max(devices, n.Value())
			}
		}
		quantity := c.Resources.Requests[name]
		asked += quantity.MilliValue()
	}
	return devices, asked
}
