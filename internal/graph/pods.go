package graph

import (
	"fmt"
	"slices"

	podtemplate "github.com/tektoncd/pipeline/pkg/apis/pipeline/pod"
	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/typed"
)

// somePod is a pod that will run, with where it is written.
type somePod struct {
	in        manifest.Object
	at        manifest.Path
	who       string
	namespace string
	meta      metav1.ObjectMeta
	spec      corev1.PodSpec
	// tekton says that Tekton fills the pod up: containers are steps and sidecars.
	tekton bool
}

// allPods are the pods of workloads and those of the tasks of runs, each task once. They are put
// together when they are first asked for.
func (g *graph) allPods() []somePod {
	if g.everyPod == nil {
		g.everyPod = []somePod{}
		g.eachPod(func(p somePod) { g.everyPod = append(g.everyPod, p) })
	}
	return g.everyPod
}

func (g *graph) eachPod(visit func(somePod)) {
	for _, o := range g.Objects {
		raw, at := podTemplate(o)
		if spec, ok := as[corev1.PodSpec](raw); ok && raw != nil {
			visit(somePod{in: o, at: at, who: o.Kind + " " + o.Name, namespace: o.Namespace, spec: spec,
				meta: metav1.ObjectMeta{
					Labels: labelsAt(o, append(slices.Clone(at[:len(at)-1]), "metadata", "labels")...), Annotations: labelsAt(o, append(slices.Clone(at[:len(at)-1]), "metadata", "annotations")...),
				}})
		}
	}
	seen := map[string]bool{}
	once := func(s step, template *podtemplate.PodTemplate, namespace string) {
		id := s.in.Kind + s.in.Name + s.in.File + s.taskAt.String() + fmt.Sprint(template)
		if seen[id] {
			return
		}
		seen[id] = true
		visit(taskPod(s, template, namespace))
	}
	for _, r := range g.Runs {
		if r.Object.Kind == "TaskRun" {
			run, _ := as[pipelinev1.TaskRun](r.Object.Value)
			if s, ok := g.taskOf(r, run); ok {
				once(s, g.withDefault(run.Spec.PodTemplate), r.Object.Namespace)
			}
			continue
		}
		run, _ := as[pipelinev1.PipelineRun](r.Object.Value)
		spec, in, at, _ := g.pipelineOf(r)
		if spec == nil {
			continue
		}
		for _, s := range g.steps(spec, in, at) {
			template, _ := g.templateOf(r, run, s)
			once(s, template, r.Object.Namespace)
		}
	}
}

func taskPod(s step, template *podtemplate.PodTemplate, namespace string) somePod {
	spec := typed.TaskPod(s.task)
	if template != nil {
		spec.SecurityContext, spec.NodeSelector, spec.Tolerations, spec.Affinity = template.SecurityContext, template.NodeSelector, template.Tolerations, template.Affinity
		spec.Volumes = slices.Concat(spec.Volumes, template.Volumes)
		spec.HostNetwork = template.HostNetwork
	}
	who := "step pod of " + s.in.Kind + " " + s.in.Name
	return somePod{in: s.in, at: s.taskAt, who: who, namespace: namespace, spec: spec, tekton: true}
}

// sharedDisks reports claims that one node mounts at a time and that several workloads use.
func (g *graph) sharedDisks() {
	users := map[string][]string{}
	note := func(namespace, claim, who string) {
		key := namespace + "/" + claim
		if claim != "" && !variable(claim) && !slices.Contains(users[key], who) {
			users[key] = append(users[key], who)
		}
	}
	for _, o := range g.Objects {
		raw, at := podTemplate(o)
		each(raw, manifest.Path{"volumes"}, func(_ int, v map[string]any) {
			claim, _ := manifest.Lookup(v, manifest.Path{"persistentVolumeClaim", "claimName"})
			name, _ := claim.(string)
			note(o.Namespace, name, o.Kind+" "+o.Name)
			replicas, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "replicas"})
			if n, ok := replicas.(int64); ok && n > 1 && len(at) > 1 {
				note(o.Namespace, name, fmt.Sprintf("its %d replicas", n))
			}
		})
	}
	for _, r := range g.Runs {
		each(r.Object.Value, manifest.Path{"spec", "workspaces"}, func(_ int, w map[string]any) {
			claim, _ := manifest.Lookup(w, manifest.Path{"persistentVolumeClaim", "claimName"})
			name, _ := claim.(string)
			note(r.Object.Namespace, name, r.Owner.Kind+" "+r.Owner.Ref().Name)
		})
	}
	for _, o := range g.Objects {
		if o.Kind != "PersistentVolumeClaim" {
			continue
		}
		modes, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "accessModes"})
		list, _ := modes.([]any)
		by := users[o.Namespace+"/"+o.Name]
		if len(by) < 2 || slices.ContainsFunc(list, func(m any) bool { return m != "ReadWriteOnce" && m != "ReadWriteOncePod" }) || len(list) == 0 {
			continue
		}
		slices.Sort(by)
		names := listOrNone(by[:min(3, len(by))])
		if more := len(by) - 3; more > 0 {
			names += fmt.Sprintf(" and %d more", more)
		}
		g.add(o, "graph/claim-shared", finding.Warning, manifest.Path{"spec", "accessModes"},
			fmt.Sprintf("claim %s can be mounted on one node at a time, and is used by %s: the second pod waits, or stays Pending on another node", o.Name, names),
			"use a class of a shared file system with ReadWriteMany, or a claim for each run by volumeClaimTemplate")
	}
}
