package graph

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	corev1 "k8s.io/api/core/v1"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// quota checks that each ResourceQuota has room for the largest task of every run, at the
// declared number of concurrent runs: Tekton tries a pod above the quota again and again.
func (g *graph) quota() {
	if g.ConcurrentRuns == 0 {
		return
	}
	for _, o := range g.Objects {
		if o.Kind != "ResourceQuota" {
			continue
		}
		q, ok := as[corev1.ResourceQuota](o.Value)
		if !ok {
			continue
		}
		need := g.demand(o.Namespace)
		for _, name := range slices.Sorted(maps.Keys(need)) {
			hard, limited := q.Spec.Hard["requests."+name]
			one := need[name]
			wanted := one.DeepCopy()
			wanted.Mul(int64(g.ConcurrentRuns))
			if !limited || wanted.Cmp(hard) <= 0 {
				continue
			}
			g.add(o, "graph/quota-too-small", finding.Error, manifest.Path{"spec", "hard", "requests." + string(name)},
				fmt.Sprintf("the quota allows %s %s, and each of the phase's concurrent runs asks for %s at its widest: pods above it wait until the run times out",
					hard.String(), name, one.String()),
				"raise the quota, or lower concurrentRuns of the phase")
		}
	}
}

// demand is the most that one run of a namespace asks for at one time: all pods of its widest
// task.
func (g *graph) demand(namespace string) corev1.ResourceList {
	total := corev1.ResourceList{}
	counted := map[string]bool{}
	for _, r := range g.Runs {
		if r.Object.Namespace != namespace || counted[r.Owner.Kind+r.Owner.Name+r.At.String()] {
			continue
		}
		counted[r.Owner.Kind+r.Owner.Name+r.At.String()] = true
		run, ok := as[pipelinev1.PipelineRun](r.Object.Value)
		spec, in, at, _ := g.pipelineOf(r)
		if spec == nil || !ok {
			continue
		}
		for _, s := range g.steps(spec, in, at) {
			widest := requests(s.task)
			for name, quantity := range widest {
				quantity.Mul(int64(combinations(s, run)))
				if most := total[name]; quantity.Cmp(most) > 0 {
					total[name] = quantity
				}
			}
		}
	}
	delete(total, corev1.ResourceEphemeralStorage)
	return total
}

// combinations counts the pods that a matrix makes of a task.
func combinations(s step, run pipelinev1.PipelineRun) int {
	if s.Matrix == nil {
		return 1
	}
	count := 1
	for _, p := range s.Matrix.Params {
		count *= max(1, length(p.Value, run))
	}
	return count + len(s.Matrix.Include)
}

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
