package graph

import (
	"slices"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"tenon.dev/tenon/internal/graph/placement"
)

// claimCount counts PersistentVolumeClaims in a list of resources, as a quota names them.
const claimCount = corev1.ResourcePersistentVolumeClaims

// assistant is what the pod of an affinity assistant asks for
// (tektoncd/pipeline, pkg/reconciler/pipelinerun/affinity_assistant.go).
var assistant = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("50m"), corev1.ResourceMemory: resource.MustParse("100Mi")}

// demand is the most that one run of a namespace asks for at one time, of any of its pipelines.
func (g *graph) demand(namespace string) corev1.ResourceList {
	total := corev1.ResourceList{}
	seen := map[string]bool{}
	for _, r := range g.Runs {
		id := r.Owner.Kind + r.Owner.Name + r.At.String()
		run, ok := as[pipelinev1.PipelineRun](r.Object.Value)
		spec, in, at, _ := g.pipelineOf(r)
		if r.Object.Namespace != namespace || r.ByHand || seen[id] || spec == nil || !ok {
			continue
		}
		seen[id] = true
		for name, quantity := range g.runDemand(run, spec, g.steps(spec, in, at)) {
			if most := total[name]; quantity.Cmp(most) > 0 {
				total[name] = quantity
			}
		}
	}
	delete(total, corev1.ResourceEphemeralStorage)
	return total
}

// runDemand is what a run asks for at its widest: its claims and their assistants, and the tasks
// that may run at the same time and ask for most together.
func (g *graph) runDemand(run pipelinev1.PipelineRun, spec *pipelinev1.PipelineSpec, steps []step) corev1.ResourceList {
	pods := map[string]corev1.ResourceList{}
	names := map[corev1.ResourceName]bool{}
	for _, s := range steps {
		pods[s.Name] = requests(overridden(run, s))
		for name, quantity := range pods[s.Name] {
			quantity.Mul(int64(combinations(s, run)))
			pods[s.Name][name] = quantity
			names[name] = true
		}
	}
	total := g.claimDemand(run)
	order := newOrder(spec)
	for name := range names {
		weigh := func(tasks []pipelinev1.PipelineTask) []int64 {
			var weights []int64
			for _, t := range tasks {
				quantity := pods[t.Name][name]
				weights = append(weights, quantity.MilliValue())
			}
			return weights
		}
		closing := int64(0) // the closing tasks run all at once
		for _, w := range weigh(spec.Finally) {
			closing += w
		}
		sum := total[name]
		sum.Add(*resource.NewMilliQuantity(max(order.widest(weigh(spec.Tasks)), closing), resource.BinarySI))
		total[name] = sum
	}
	return total
}

// claimDemand is what a run asks for beside its tasks: the claims that it makes, and an assistant for
// each workspace that is bound to a claim.
func (g *graph) claimDemand(run pipelinev1.PipelineRun) corev1.ResourceList {
	total := corev1.ResourceList{}
	for _, b := range run.Spec.Workspaces {
		if claimID(b) != "" && g.assistantPerWorkspace() {
			addTo(total, assistant, 1)
		}
		if t := b.VolumeClaimTemplate; t != nil {
			addTo(total, corev1.ResourceList{claimCount: resource.MustParse("1"), corev1.ResourceStorage: t.Spec.Resources.Requests[corev1.ResourceStorage]}, 1)
		}
	}
	return total
}

// standing is what a namespace asks for whether or not something is run: its claims, and the pods of
// its Deployments, StatefulSets and DaemonSets.
func (g *graph) standing(namespace string) corev1.ResourceList {
	total := corev1.ResourceList{}
	for _, o := range g.Objects {
		if o.Namespace != namespace {
			continue
		}
		switch o.Kind {
		case "PersistentVolumeClaim":
			if c, ok := as[corev1.PersistentVolumeClaim](o.Value); ok {
				addTo(total, corev1.ResourceList{claimCount: resource.MustParse("1"), corev1.ResourceStorage: c.Spec.Resources.Requests[corev1.ResourceStorage]}, 1)
			}
		case "Deployment", "StatefulSet":
			// Both have their replicas and their template at the same place.
			if d, ok := as[appsv1.Deployment](o.Value); ok {
				replicas := int64(1)
				if d.Spec.Replicas != nil {
					replicas = int64(*d.Spec.Replicas)
				}
				addTo(total, podRequests(d.Spec.Template.Spec), replicas)
			}
		case "DaemonSet":
			if d, ok := as[appsv1.DaemonSet](o.Value); ok {
				addTo(total, podRequests(d.Spec.Template.Spec), g.nodesFor(d.Spec.Template.Spec))
			}
		}
	}
	return total
}

// nodesFor is how many nodes a pod of a DaemonSet runs on, at the least: pools may be empty.
func (g *graph) nodesFor(spec corev1.PodSpec) (nodes int64) {
	pools, err := placement.Pools(g.Facts.Pools)
	if err != nil {
		return 0
	}
	pod := placement.Pod{NodeSelector: spec.NodeSelector, Affinity: spec.Affinity, Tolerations: spec.Tolerations}
	for _, pool := range pools {
		if len(placement.Fit(pod, pool)) == 0 {
			nodes += int64(g.Facts.Pools[pool.Name].Nodes.Min)
		}
	}
	return nodes
}

func podRequests(spec corev1.PodSpec) corev1.ResourceList {
	total := corev1.ResourceList{}
	for _, c := range spec.Containers {
		asked := c.Resources.Requests.DeepCopy()
		if asked == nil {
			asked = corev1.ResourceList{}
		}
		for name, limit := range c.Resources.Limits {
			if _, given := asked[name]; !given {
				asked[name] = limit
			}
		}
		addTo(total, asked, 1)
	}
	return total
}

func addTo(total, more corev1.ResourceList, times int64) {
	for name, quantity := range more {
		quantity.Mul(times)
		sum := total[name]
		sum.Add(quantity)
		total[name] = sum
	}
}

// order knows which tasks of a pipeline may run at the same time.
type order struct {
	// apart are, for each task, those that run before or after it.
	apart []uint64
}

// newOrder reads what each task waits for: what it runs after, and whose results it takes.
func newOrder(spec *pipelinev1.PipelineSpec) order {
	tasks := pipelinev1.PipelineTaskList(spec.Tasks)
	if len(tasks) > 64 {
		return order{}
	}
	before := tasks.Deps()
	index := map[string]int{}
	for i, t := range tasks {
		index[t.Name] = i
	}
	o := order{apart: make([]uint64, len(tasks))}
	for i, t := range tasks {
		seen := map[string]bool{t.Name: true}
		for todo := slices.Clone(before[t.Name]); len(todo) > 0; todo = todo[1:] {
			j, known := index[todo[0]]
			if !known || seen[todo[0]] {
				continue
			}
			seen[todo[0]] = true
			o.apart[i] |= 1 << j
			o.apart[j] |= 1 << i
			todo = append(todo, before[todo[0]]...)
		}
	}
	return o
}

// widest is the largest sum of weights of tasks that may run at the same time. Where there are too
// many tasks to tell, it is that of the heaviest.
func (o order) widest(weights []int64) int64 {
	if len(o.apart) != len(weights) {
		return slices.Max(append(weights, 0))
	}
	known := map[uint64]int64{0: 0}
	var of func(left uint64) int64
	of = func(left uint64) int64 {
		if best, ok := known[left]; ok {
			return best
		}
		i := 0
		for left&(1<<i) == 0 {
			i++
		}
		rest := left &^ (1 << i)
		best := weights[i] + of(rest&^o.apart[i])
		if rest&o.apart[i] != 0 {
			best = max(best, of(rest))
		}
		known[left] = best
		return best
	}
	return of(uint64(1)<<len(weights) - 1)
}
