package graph

import (
	"fmt"
	"slices"
	"strings"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// memoryVolumes finds volumes in memory that may grow beyond what the containers may take: their files count as memory of
// whoever writes them (https://kubernetes.io/docs/concepts/storage/volumes/#emptydir), so that a data loader that fills
// /dev/shm is killed before the volume is full.
func (g *graph) memoryVolumes() {
	for _, p := range g.podsAndTasks() {
		limit, all := memoryOf(p.spec)
		for _, v := range p.spec.Volumes {
			if v.EmptyDir == nil || v.EmptyDir.Medium != corev1.StorageMediumMemory || v.EmptyDir.SizeLimit == nil || !all || v.EmptyDir.SizeLimit.Cmp(limit) <= 0 {
				continue
			}
			at, ok := volumePath(p, v.Name)
			if !ok {
				continue // the run's podTemplate brings it
			}
			g.add(p.in, "graph/memory-volume", finding.Warning, at,
				fmt.Sprintf("volume %s may hold %s in memory, and the containers of the %s may take %s together: who fills it is killed first", v.Name, v.EmptyDir.SizeLimit, p.who, &limit),
				"raise the memory limit above the volume and what the program takes, or lower sizeLimit")
		}
	}
}

// podsAndTasks are all pods, and those of tasks that no run is in sight of.
func (g *graph) podsAndTasks() []somePod {
	all := slices.Clone(g.allPods())
	known := map[string]bool{}
	for _, p := range all {
		known[p.in.File+p.in.Kind+p.in.Namespace+p.in.Name] = true
	}
	for _, o := range g.ofKind("Task") {
		if task := g.task(o); isTekton(o.APIVersion) && task != nil && !known[o.File+o.Kind+o.Namespace+o.Name] {
			all = append(all, taskPod(step{task: &task.Spec, in: o, taskAt: manifest.Path{"spec"}}, nil, o.Namespace))
		}
	}
	return all
}

// untoleratedGPUs finds pods that ask for GPUs, choose GPU nodes, and tolerate no taint, where nothing is known of the nodes:
// clouds and operators taint GPU nodes, and the admission plugin that tolerates it for who asks for GPUs is not on everywhere
// (https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#extendedresourcetoleration).
func (g *graph) untoleratedGPUs() {
	if len(g.Facts.Pools) > 0 {
		return // the placement knows
	}
	for _, p := range g.allPods() {
		if len(p.spec.Tolerations) > 0 || !choosesGPUs(p.spec) || !slices.ContainsFunc(p.spec.Containers, func(c corev1.Container) bool { return asksGPU(c.Resources) }) {
			continue
		}
		g.add(p.in, "graph/gpu-not-tolerated", finding.Info, p.at,
			fmt.Sprintf("the %s asks for a GPU and chooses GPU nodes, and tolerates no taint: where these are tainted it waits for ever, unless an admission plugin adds the toleration", p.who),
			"tolerate nvidia.com/gpu (operator Exists), or state the pools in facts")
	}
}

// choosesGPUs tells whether a pod selects nodes by a label that tells of GPUs.
func choosesGPUs(spec corev1.PodSpec) bool {
	tells := func(key string) bool {
		return strings.Contains(key, "nvidia.com/") || strings.Contains(key, "amd.com/gpu") || strings.Contains(key, "gpu") || strings.Contains(key, "accelerator")
	}
	for key := range spec.NodeSelector {
		if tells(key) {
			return true
		}
	}
	if spec.Affinity == nil || spec.Affinity.NodeAffinity == nil || spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return false
	}
	for _, term := range spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
		if slices.ContainsFunc(term.MatchExpressions, func(r corev1.NodeSelectorRequirement) bool { return tells(r.Key) }) {
			return true
		}
	}
	return false
}

// memoryOf is the memory that the containers of a pod may take together, and whether each has a limit.
func memoryOf(spec corev1.PodSpec) (sum resource.Quantity, all bool) {
	if spec.Resources != nil {
		if limit, ok := spec.Resources.Limits[corev1.ResourceMemory]; ok {
			return limit, true
		}
	}
	for _, c := range slices.Concat(spec.Containers, sidecarsOf(spec)) {
		limit, ok := c.Resources.Limits[corev1.ResourceMemory]
		if !ok {
			return sum, false
		}
		sum.Add(limit)
	}
	return sum, len(spec.Containers) > 0
}

// sidecarsOf are the init containers that go on running.
func sidecarsOf(spec corev1.PodSpec) []corev1.Container {
	return slices.DeleteFunc(slices.Clone(spec.InitContainers), func(c corev1.Container) bool {
		return c.RestartPolicy == nil || *c.RestartPolicy != corev1.ContainerRestartPolicyAlways
	})
}

// volumePath is where a volume of a pod is written.
func volumePath(p somePod, name string) (at manifest.Path, found bool) {
	each(p.in.Value, p.at.Append("volumes"), func(i int, v map[string]any) {
		if v["name"] == name {
			at, found = p.at.Append("volumes", i, "emptyDir", "sizeLimit"), true
		}
	})
	return at, found
}

// gpuRuns asks how long a run may hold a GPU: Tekton ends a run after an hour unless it says otherwise, and never if it says 0.
func (g *graph) gpuRuns() {
	for _, r := range g.Runs {
		if r.Object.Kind != "PipelineRun" {
			g.gpuTaskRun(r)
			continue
		}
		run, ok := as[pipelinev1.PipelineRun](r.Object.Value)
		spec, in, at, _ := g.pipelineOf(r)
		if !ok || spec == nil {
			continue
		}
		whole, _ := g.limitOf(run)
		for _, s := range g.steps(spec, in, at) {
			if s.task == nil || !takesGPU(s.task) || duration(s.Timeout) > 0 {
				continue
			}
			severity, message := finding.Info, fmt.Sprintf("task %s holds a GPU, and neither it nor the run says for how long: Tekton's default ends it after %s", s.Name, short(whole))
			if whole == 0 {
				severity, message = finding.Warning, fmt.Sprintf("nothing ends the run, and its task %s holds a GPU: one that hangs holds it until somebody looks", s.Name)
			} else if run.Spec.Timeouts != nil {
				continue
			}
			f := g.add(r.Owner, "graph/gpu-without-timeout", severity, r.At.Append("spec"), message, "write a timeout of the task, or timeouts.pipeline of the run")
			f.Causes = []finding.Cause{{Object: *in.Ref(), Field: s.at.String()}}
			break
		}
	}
}

// gpuTaskRun asks the same of the run of one task.
func (g *graph) gpuTaskRun(r Run) {
	run, ok := as[pipelinev1.TaskRun](r.Object.Value)
	if !ok {
		return
	}
	s, found := g.taskOf(r, run)
	limit, _ := g.defaultTimeout()
	switch {
	case !found || !takesGPU(s.task):
	case run.Spec.Timeout == nil:
		g.add(r.Owner, "graph/gpu-without-timeout", finding.Info, r.At.Append("spec"), fmt.Sprintf("the run holds a GPU, and does not say for how long: Tekton's default ends it after %s", short(limit)), "write spec.timeout")
	case run.Spec.Timeout.Duration == 0:
		g.add(r.Owner, "graph/gpu-without-timeout", finding.Warning, r.At.Append("spec", "timeout"), "nothing ends the run, and it holds a GPU: one that hangs holds it until somebody looks", "write spec.timeout")
	}
}

// takesGPU tells whether a step of a task asks for an accelerator.
func takesGPU(task *pipelinev1.TaskSpec) bool {
	return slices.ContainsFunc(task.Steps, func(s pipelinev1.Step) bool { return asksGPU(s.ComputeResources) }) ||
		task.StepTemplate != nil && asksGPU(task.StepTemplate.ComputeResources)
}

func asksGPU(r corev1.ResourceRequirements) bool {
	for name := range r.Limits {
		if isGPU(string(name)) {
			return true
		}
	}
	return false
}
