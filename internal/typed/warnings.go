package typed

import (
	"context"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	jobapi "k8s.io/kubernetes/pkg/api/job"
	pvapi "k8s.io/kubernetes/pkg/api/persistentvolume"
	pvcapi "k8s.io/kubernetes/pkg/api/persistentvolumeclaim"
	podapi "k8s.io/kubernetes/pkg/api/pod"
	serviceapi "k8s.io/kubernetes/pkg/api/service"
	storageapi "k8s.io/kubernetes/pkg/api/storage"
	"k8s.io/kubernetes/pkg/apis/apps"
	"k8s.io/kubernetes/pkg/apis/batch"
	core "k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/pkg/apis/storage"

	"tenon.dev/tenon/internal/finding"
)

// warned is what the API server warns of as it takes an object, by its own code: what kubectl prints as Warning.
func warned(object runtime.Object) []problem {
	var problems []problem
	for _, text := range serverWarnings(object) {
		p := problem{rule: "types/warning", message: finding.Clip(text), warning: true, remedy: "the API server takes it, and says this: see whether it is what you mean"}
		if m := warnedAt.FindStringSubmatch(text); m != nil {
			p.field = bracketKey.ReplaceAllString(m[1], `["$1"]`)
		}
		if strings.Contains(text, "fractional byte value") {
			p.warning, p.remedy = false, "m is a thousandth of a byte here: write 512Mi or 512M" // such a container is killed at once
		}
		problems = append(problems, p)
	}
	return problems
}

// warnedAt fits a warning that begins with a field, and bracketKey the key of a map in one.
var (
	warnedAt   = regexp.MustCompile(`^((?:spec|metadata|template)[\w.\[\]/-]*): `)
	bracketKey = regexp.MustCompile(`\[([A-Za-z][\w./-]*)\]`)
)

func serverWarnings(object runtime.Object) []string {
	ctx, template := context.Background(), field.NewPath("spec", "template")
	switch o := object.(type) {
	case *core.Pod:
		return podapi.GetWarningsForPod(ctx, o, nil)
	case *core.PodTemplate:
		return podapi.GetWarningsForPodTemplate(ctx, field.NewPath("template"), &o.Template, nil)
	case *core.ReplicationController:
		return podapi.GetWarningsForPodTemplate(ctx, template, o.Spec.Template, nil)
	case *apps.Deployment:
		return podapi.GetWarningsForPodTemplate(ctx, template, &o.Spec.Template, nil)
	case *apps.DaemonSet:
		return podapi.GetWarningsForPodTemplate(ctx, template, &o.Spec.Template, nil)
	case *apps.ReplicaSet:
		return podapi.GetWarningsForPodTemplate(ctx, template, &o.Spec.Template, nil)
	case *apps.StatefulSet:
		all := podapi.GetWarningsForPodTemplate(ctx, template, &o.Spec.Template, nil)
		for i, claim := range o.Spec.VolumeClaimTemplates {
			all = append(all, pvcapi.GetWarningsForPersistentVolumeClaimSpec(field.NewPath("spec", "volumeClaimTemplates").Index(i).Child("spec"), claim.Spec)...)
		}
		return all
	case *batch.Job:
		return jobapi.WarningsForJobSpec(ctx, field.NewPath("spec"), &o.Spec, nil)
	case *batch.CronJob:
		return jobapi.WarningsForJobSpec(ctx, field.NewPath("spec", "jobTemplate", "spec"), &o.Spec.JobTemplate.Spec, nil)
	case *core.Service:
		return serviceapi.GetWarningsForService(o, nil)
	case *core.PersistentVolume:
		return pvapi.GetWarningsForPersistentVolume(o)
	case *core.PersistentVolumeClaim:
		return pvcapi.GetWarningsForPersistentVolumeClaim(o)
	case *storage.StorageClass:
		return storageapi.GetWarningsForStorageClass(o)
	}
	return nil
}
