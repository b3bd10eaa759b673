//lint:file-ignore SA1019 v1beta1 is still served, and its manifests are still checked

package typed

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	podtemplate "github.com/tektoncd/pipeline/pkg/apis/pipeline/pod"
	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	pipelinev1beta1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1beta1"
	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// podProblems is what the API server would say of the pods that Tekton makes of an object: of
// each task in it, and of the pod templates of a run. Tekton's webhook does not ask; the run
// fails when the pod is due.
func podProblems(object tektonObject) []problem {
	var problems []problem
	switch o := object.(type) {
	case *pipelinev1beta1.Task, *pipelinev1beta1.Pipeline, *pipelinev1beta1.TaskRun, *pipelinev1beta1.PipelineRun:
		newer, ok := stored(o)
		if !ok {
			return nil
		}
		problems = podProblems(newer)
		for i := range problems {
			problems[i].field = Written("tekton.dev/v1beta1", problems[i].field)
		}
	case *pipelinev1.Task:
		problems = taskPod(&o.Spec, "spec")
	case *pipelinev1.Pipeline:
		problems = pipelinePods(&o.Spec, "spec")
	case *pipelinev1.TaskRun:
		problems = templatePod(o.Spec.PodTemplate, "spec.podTemplate")
		if o.Spec.TaskSpec != nil {
			problems = append(problems, taskPod(o.Spec.TaskSpec, "spec.taskSpec")...)
		}
	case *pipelinev1.PipelineRun:
		problems = templatePod(o.Spec.TaskRunTemplate.PodTemplate, "spec.taskRunTemplate.podTemplate")
		for i, s := range o.Spec.TaskRunSpecs {
			problems = append(problems, templatePod(s.PodTemplate, fmt.Sprintf("spec.taskRunSpecs[%d].podTemplate", i))...)
		}
		if o.Spec.PipelineSpec != nil {
			problems = append(problems, pipelinePods(o.Spec.PipelineSpec, "spec.pipelineSpec")...)
		}
	}
	return problems
}

func pipelinePods(spec *pipelinev1.PipelineSpec, at string) []problem {
	var problems []problem
	for list, tasks := range map[string][]pipelinev1.PipelineTask{"tasks": spec.Tasks, "finally": spec.Finally} {
		for i, t := range tasks {
			if t.TaskSpec != nil {
				problems = append(problems, taskPod(&t.TaskSpec.TaskSpec, fmt.Sprintf("%s.%s[%d].taskSpec", at, list, i))...)
			}
		}
	}
	return problems
}

// taskPod validates the pod of a task as Tekton would put it together, as far as the task
// decides it.
func taskPod(spec *pipelinev1.TaskSpec, at string) []problem {
	if len(spec.Steps) == 0 {
		return nil // Tekton refuses it
	}
	pod := TaskPod(spec)
	addVolumes(&pod)
	place := func(path string) string {
		m := containerField.FindStringSubmatch(path)
		if m == nil {
			return at + strings.TrimPrefix(path, "spec")
		}
		i, _ := strconv.Atoi(m[1])
		rest := strings.Replace(m[2], ".resources", ".computeResources", 1)
		if i < len(spec.Steps) {
			return fmt.Sprintf("%s.steps[%d]%s", at, i, rest)
		}
		return fmt.Sprintf("%s.sidecars[%d]%s", at, i-len(spec.Steps), rest)
	}
	return refused(pod, place)
}

// TaskPod is the pod of a task as far as the task decides it: its steps, then its sidecars, and
// its volumes.
func TaskPod(spec *pipelinev1.TaskSpec) corev1.PodSpec {
	steps, err := pipelinev1.MergeStepsWithStepTemplate(spec.StepTemplate, spec.Steps)
	if err != nil {
		steps = spec.Steps
	}
	pod := corev1.PodSpec{Volumes: spec.Volumes}
	for i, s := range steps {
		pod.Containers = append(pod.Containers, container(*s.ToK8sContainer(), "step", i))
	}
	for i, s := range spec.Sidecars {
		pod.Containers = append(pod.Containers, container(*s.ToK8sContainer(), "sidecar", i))
	}
	return pod
}

var containerField = regexp.MustCompile(`^spec\.containers\[(\d+)\](.*)$`)

// container fills in what Tekton does: a name, and an image for steps that a StepAction gives
// theirs.
func container(c corev1.Container, kind string, i int) corev1.Container {
	if c.Name == "" {
		c.Name = fmt.Sprintf("unnamed-%d", i)
	}
	c.Name = kind + "-" + c.Name
	if c.Image == "" {
		c.Image = "placeholder"
	}
	return c
}

// addVolumes declares what the containers mount and the task does not have: a run's pod template
// may bring it. That none does is a question across objects.
func addVolumes(pod *corev1.PodSpec) {
	have := map[string]bool{}
	for _, v := range pod.Volumes {
		have[v.Name] = true
	}
	for _, c := range pod.Containers {
		for _, m := range c.VolumeMounts {
			if !have[m.Name] && m.Name != "" {
				have[m.Name] = true
				pod.Volumes = append(pod.Volumes, corev1.Volume{Name: m.Name, VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}})
			}
		}
	}
}

func templatePod(template *podtemplate.PodTemplate, at string) []problem {
	if template == nil {
		return nil
	}
	pod := corev1.PodSpec{
		Containers:   []corev1.Container{container(corev1.Container{}, "step", 0)},
		NodeSelector: template.NodeSelector, Tolerations: template.Tolerations, Affinity: template.Affinity,
		SecurityContext: template.SecurityContext, Volumes: template.Volumes, ImagePullSecrets: template.ImagePullSecrets,
		HostAliases: template.HostAliases, TopologySpreadConstraints: template.TopologySpreadConstraints,
		RuntimeClassName: template.RuntimeClassName, DNSConfig: template.DNSConfig,
	}
	return refused(pod, func(path string) string { return at + strings.TrimPrefix(path, "spec") })
}

// refused asks the API server's validation about a pod. What holds a variable of Tekton is
// substituted before the pod is made, and is not judged.
func refused(spec corev1.PodSpec, place func(string) string) []problem {
	spec.RestartPolicy = corev1.RestartPolicyNever
	raw, err := json.Marshal(corev1.Pod{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}, ObjectMeta: metav1.ObjectMeta{Name: "task", Namespace: "default"}, Spec: spec,
	})
	if err != nil {
		return nil
	}
	object, _, err := decoder().Decode(raw, nil, nil)
	if err != nil {
		return nil
	}
	var problems []problem
	for _, e := range validateCreate(builtins[schema.GroupKind{Kind: "Pod"}], object) {
		if strings.Contains(e.Error(), "$(") || e.Type == field.ErrorTypeDuplicate && strings.HasSuffix(e.Field, ".name") {
			continue // a name that is given twice is refused by Tekton itself
		}
		p := problem{
			rule: "types/pod", field: place(e.Field), value: e.BadValue,
			message: "the pod of the task would be refused: " + strings.TrimPrefix(e.Error(), e.Field+": "),
		}
		if strings.Contains(e.Field, ".resources.claims[") {
			p.message = fmt.Sprintf("the pod of the task would be refused: it claims the device %v, and Tekton's pod template has no resourceClaims", e.BadValue)
			p.remedy = "ask for the class in place of a claim, as resource " + resourcev1.ResourceDeviceClassPrefix + "CLASS: 1, which the scheduler turns into a claim from Kubernetes 1.36 on"
		}
		problems = append(problems, p)
	}
	for _, p := range warned(object) {
		if p.field == "" || strings.Contains(p.message, "$(") || strings.Contains(p.message, "hides previous definition") {
			continue // variables that are given twice are looked for where they are written
		}
		p.message = "in the pod of the task: " + strings.TrimPrefix(p.message, p.field+": ")
		p.field = place(p.field)
		problems = append(problems, p)
	}
	return problems
}
