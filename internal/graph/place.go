package graph

import (
	"fmt"
	"slices"
	"strings"

	podtemplate "github.com/tektoncd/pipeline/pkg/apis/pipeline/pod"
	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	corev1 "k8s.io/api/core/v1"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/graph/placement"
	"tenon.dev/tenon/internal/manifest"
)

// place asks for each task of a run whether its pod fits some node pool, and for each shared
// workspace whether one pool takes the affinity assistant and all tasks that share it.
func (g *graph) place(r Run, run pipelinev1.PipelineRun, steps []step) {
	pools, err := placement.Pools(g.Facts.Pools)
	if err != nil || len(pools) == 0 {
		return
	}
	fits := map[string][]string{}
	for _, s := range steps {
		pod, at := g.podOf(r, run, s)
		fits[s.Name] = g.fit(r, s, at, pod, pools)
	}
	g.assistants(r, run, steps, pools, fits)
}

// placeTaskRun is place for a run of one task.
func (g *graph) placeTaskRun(r Run, run pipelinev1.TaskRun, s step) {
	pools, err := placement.Pools(g.Facts.Pools)
	if err != nil || len(pools) == 0 {
		return
	}
	pod := placement.Pod{Requests: requests(s.task)}
	if t := g.withDefault(run.Spec.PodTemplate); t != nil {
		pod.NodeSelector, pod.Tolerations, pod.Affinity = t.NodeSelector, t.Tolerations, t.Affinity
	}
	g.fit(r, s, r.At.Append("spec", "podTemplate"), pod, pools)
}

// fit returns the pools that take a pod, and reports one that none takes.
func (g *graph) fit(r Run, s step, at manifest.Path, pod placement.Pod, pools []placement.Pool) (fits []string) {
	var reasons []placement.Reason
	for _, pool := range pools {
		why := placement.Fit(pod, pool)
		if len(why) == 0 {
			fits = append(fits, pool.Name)
		}
		reasons = append(reasons, why...)
	}
	if len(fits) == 0 {
		g.unschedulable(r, s, at, pod, reasons)
	}
	return fits
}

// podOf gives what the scheduler looks at in the pod of a task, and where its template is
// written. A field of taskRunSpecs replaces that of taskRunTemplate as a whole
// (tektoncd/pipeline, pkg/apis/pipeline/pod, MergePodTemplateWithDefault).
func (g *graph) podOf(r Run, run pipelinev1.PipelineRun, s step) (placement.Pod, manifest.Path) {
	template, at := g.templateOf(r, run, s)
	pod := placement.Pod{Requests: requests(overridden(run, s))}
	if template != nil {
		pod.NodeSelector, pod.Tolerations, pod.Affinity = template.NodeSelector, template.Tolerations, template.Affinity
	}
	return pod, at
}

// templateOf is the pod template that a run gives to a task.
func (g *graph) templateOf(r Run, run pipelinev1.PipelineRun, s step) (*podtemplate.PodTemplate, manifest.Path) {
	template := run.Spec.TaskRunTemplate.PodTemplate
	at := r.At.Append("spec", "taskRunTemplate", "podTemplate")
	for i, spec := range run.Spec.TaskRunSpecs {
		if spec.PipelineTaskName == s.Name && spec.PodTemplate != nil {
			template = podtemplate.MergePodTemplateWithDefault(spec.PodTemplate, template)
			at = r.At.Append("spec", "taskRunSpecs", i, "podTemplate")
		}
	}
	return g.withDefault(template), at
}

// withDefault is a run's pod template with what config-defaults adds to it.
func (g *graph) withDefault(template *podtemplate.PodTemplate) *podtemplate.PodTemplate {
	if g.Defaults == nil {
		return template
	}
	return podtemplate.MergePodTemplateWithDefault(template, g.Defaults.DefaultPodTemplate)
}

// overridden is the task of a step with the resources that the run gives it instead of its own
// (tektoncd/pipeline, docs/compute-resources.md).
func overridden(run pipelinev1.PipelineRun, s step) *pipelinev1.TaskSpec {
	task := s.task
	for _, spec := range run.Spec.TaskRunSpecs {
		if spec.PipelineTaskName != s.Name {
			continue
		}
		for _, override := range spec.StepSpecs {
			task = task.DeepCopy()
			for i := range task.Steps {
				if task.Steps[i].Name == override.Name {
					task.Steps[i].ComputeResources = override.ComputeResources
				}
			}
		}
		if spec.ComputeResources != nil && len(task.Steps) > 0 {
			// Tekton divides a task's request by its steps: the sum is the whole again.
			task = task.DeepCopy()
			for i := range task.Steps {
				task.Steps[i].ComputeResources = corev1.ResourceRequirements{}
			}
			task.Steps[0].ComputeResources = *spec.ComputeResources
		}
	}
	return task
}

// requests sums over the steps and sidecars of a task, which run as containers of one pod.
func requests(task *pipelinev1.TaskSpec) corev1.ResourceList {
	sum := corev1.ResourceList{}
	add := func(list corev1.ResourceRequirements) {
		asked := list.Requests.DeepCopy()
		if asked == nil {
			asked = corev1.ResourceList{}
		}
		for name, limit := range list.Limits {
			if _, given := asked[name]; !given {
				asked[name] = limit // the API server takes the limit for the request
			}
		}
		for name, quantity := range asked {
			total := sum[name]
			total.Add(quantity)
			sum[name] = total
		}
	}
	for _, s := range task.Steps {
		resources := s.ComputeResources
		if task.StepTemplate != nil && len(resources.Requests)+len(resources.Limits) == 0 {
			resources = task.StepTemplate.ComputeResources
		}
		add(resources)
	}
	for _, s := range task.Sidecars {
		add(s.ComputeResources)
	}
	return sum
}

// unschedulable points at what is nearest to right: of the pools, the one with the fewest
// reasons, and of its reasons the first.
func (g *graph) unschedulable(r Run, s step, at manifest.Path, pod placement.Pod, reasons []placement.Reason) {
	nearest := nearestPool(reasons)
	var texts []string
	for _, reason := range reasons {
		texts = append(texts, fmt.Sprintf("pool %s: %s", reason.Pool, reason.Text))
	}
	in, remedy := r.Owner, "let it tolerate the taint in taskRunSpecs of the run"
	rule := "graph/taint-not-tolerated"
	switch nearest.Cause {
	case placement.Taint:
		at = at.Append("tolerations")
	case placement.Affinity:
		rule, remedy = "graph/no-pool-matches", "select labels that a pool has"
		field := "nodeSelector"
		if len(pod.NodeSelector) == 0 && pod.Affinity != nil {
			field = "affinity"
		}
		at = at.Append(field)
	case placement.Resource:
		rule, remedy = "graph/too-large-for-pools", "ask for what one node of a pool offers, or declare a larger pool"
		in, at = s.in, s.taskAt.Append(requestPath(s.task, nearest.Resource)...)
	}
	g.add(in, rule, finding.Error, at,
		fmt.Sprintf("the pod of %s fits no node pool and would stay Pending: %s", s.Name, strings.Join(texts, "; ")), remedy)
}

func nearestPool(reasons []placement.Reason) placement.Reason {
	count := map[string]int{}
	for _, r := range reasons {
		count[r.Pool] += weight[r.Cause]
	}
	best := reasons[0]
	for _, r := range reasons {
		if count[r.Pool] < count[best.Pool] {
			best = r
		}
	}
	return best
}

// weight says how far a reason is from right: a pod that selects other nodes is meant for
// them.
var weight = map[placement.Cause]int{placement.Taint: 1, placement.Resource: 1, placement.Affinity: 10}

// requestPath finds the step that asks for most of a resource.
func requestPath(task *pipelinev1.TaskSpec, name corev1.ResourceName) manifest.Path {
	best, at := corev1.ResourceList{}[name], manifest.Path{"steps"}
	for i, s := range task.Steps {
		if asked, ok := s.ComputeResources.Requests[name]; ok && asked.Cmp(best) > 0 {
			best, at = asked, manifest.Path{"steps", i, "computeResources", "requests", string(name)}
		} else if limit, ok := s.ComputeResources.Limits[name]; ok && limit.Cmp(best) > 0 {
			best, at = limit, manifest.Path{"steps", i, "computeResources", "limits", string(name)}
		}
	}
	return at
}

// assistants checks each workspace that several pods share by a claim. The affinity assistant
// pins all of them to the node of its own pod, which is placed by the run's podTemplate alone
// (tektoncd/pipeline, pkg/reconciler/pipelinerun/affinity_assistant.go).
func (g *graph) assistants(r Run, run pipelinev1.PipelineRun, steps []step, pools []placement.Pool, fits map[string][]string) {
	if !g.assistantPerWorkspace() {
		return
	}
	assistant := placement.Pod{}
	if t := run.Spec.TaskRunTemplate.PodTemplate; t != nil {
		assistant.NodeSelector, assistant.Tolerations, assistant.Affinity = t.NodeSelector, t.Tolerations, t.Affinity
	}
	for i, b := range run.Spec.Workspaces {
		if claimOf(run, b.Name) == "" {
			continue
		}
		for _, pool := range pools {
			if len(placement.Fit(assistant, pool)) > 0 {
				continue
			}
			for _, s := range steps {
				if shares(s, b.Name) && len(fits[s.Name]) > 0 && !slices.Contains(fits[s.Name], pool.Name) {
					g.add(r.Owner, "graph/assistant-apart", finding.Error, r.At.Append("spec", "workspaces", i),
						fmt.Sprintf("workspace %s is bound to a claim, so the affinity assistant keeps all its pods on one node; "+
							"it may sit in pool %s, where %s cannot run and would stay Pending", b.Name, pool.Name, s.Name),
						"share files between pools by a volume of the tasks, place the run's podTemplate in the same pool, or set coschedule knowingly")
				}
			}
		}
	}
}

// shares tells whether a task mounts a workspace of the pipeline; a binding that the task does
// not declare is reported by itself.
func shares(s step, workspace string) bool {
	for _, b := range s.Workspaces {
		declared := slices.ContainsFunc(s.task.Workspaces, func(w pipelinev1.WorkspaceDeclaration) bool { return w.Name == b.Name })
		if declared && outerName(b) == workspace {
			return true
		}
	}
	return false
}
