//lint:file-ignore SA1019 the API server still sets deprecated fields, and this does what it does

package typed

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	jobutil "k8s.io/kubernetes/pkg/api/job"
	volumeutil "k8s.io/kubernetes/pkg/api/persistentvolume"
	claimutil "k8s.io/kubernetes/pkg/api/persistentvolumeclaim"
	podutil "k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/autoscaling"
	autoscalingvalidation "k8s.io/kubernetes/pkg/apis/autoscaling/validation"
	"k8s.io/kubernetes/pkg/apis/batch"
	"k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/pkg/apis/core/validation"
	volumevalidation "k8s.io/kubernetes/pkg/volume/validation"
	"k8s.io/pod-security-admission/api"
)

func podOptions(template *core.PodTemplateSpec) validation.PodValidationOptions {
	return podutil.GetValidationOptionsFromPodTemplate(template, nil)
}

// preparePod also sets the account that the ServiceAccount admission plugin would: without it
// a projected token is refused.
func preparePod(p *core.Pod) {
	p.Status = core.PodStatus{Phase: core.PodPending}
	podutil.DropDisabledPodFields(p, nil)
	podutil.DefaultPodLevelResources(p)
	if p.Spec.ServiceAccountName == "" {
		p.Spec.ServiceAccountName, p.Spec.DeprecatedServiceAccount = "default", "default"
	}
}

// prepareService fills what the API server derives before it validates: a headless Service
// would otherwise be refused.
func prepareService(s *core.Service) {
	s.Status = core.ServiceStatus{}
	if s.Spec.ClusterIP != "" && len(s.Spec.ClusterIPs) == 0 {
		s.Spec.ClusterIPs = []string{s.Spec.ClusterIP}
	}
	if s.Spec.Type == core.ServiceTypeExternalName || s.Spec.IPFamilyPolicy != nil {
		return
	}
	policy := core.IPFamilyPolicySingleStack
	if s.Spec.ClusterIP == core.ClusterIPNone && len(s.Spec.Selector) == 0 {
		policy = core.IPFamilyPolicyRequireDualStack
	}
	s.Spec.IPFamilyPolicy = &policy
}

// validateNamespace also looks at the labels of Pod Security, as its admission plugin does.
func validateNamespace(n *core.Namespace) field.ErrorList {
	privileged := api.LevelVersion{Level: api.LevelPrivileged, Version: api.LatestVersion()}
	_, errs := api.PolicyToEvaluate(n.Labels, api.Policy{Enforce: privileged, Warn: privileged, Audit: privileged})
	return append(validation.ValidateNamespace(n), errs...)
}

func prepareClaim(c *core.PersistentVolumeClaim) {
	c.Status = core.PersistentVolumeClaimStatus{}
	claimutil.DropDisabledFields(&c.Spec, nil)
	claimutil.EnforceDataSourceBackwardsCompatibility(&c.Spec, nil)
	claimutil.NormalizeDataSources(&c.Spec)
}

func validateClaim(c *core.PersistentVolumeClaim) field.ErrorList {
	return validation.ValidatePersistentVolumeClaim(c, validation.ValidationOptionsForPersistentVolumeClaim(c, nil))
}

func prepareVolume(v *core.PersistentVolume) {
	v.Status = core.PersistentVolumeStatus{Phase: core.VolumePending}
	volumeutil.DropDisabledSpecFields(&v.Spec, nil)
}

func validateVolume(v *core.PersistentVolume) field.ErrorList {
	errs := validation.ValidatePersistentVolume(v, validation.ValidationOptionsForPersistentVolume(v, nil))
	return append(errs, volumevalidation.ValidatePersistentVolume(v)...)
}

// prepareJob generates the selector and labels that tie a Job to its pods, as the API server
// does unless spec.manualSelector is set.
func prepareJob(j *batch.Job) {
	if j.Spec.ManualSelector == nil || !*j.Spec.ManualSelector {
		generateSelector(j)
	}
	j.Status, j.Generation = batch.JobStatus{}, 1
	jobutil.DropDisabledFields(&j.Spec, nil)
	podutil.DropDisabledTemplateFields(&j.Spec.Template, nil)
}

func generateSelector(j *batch.Job) {
	labels := map[string]string{
		batch.LegacyJobNameLabel: j.Name, batch.JobNameLabel: j.Name,
		batch.LegacyControllerUidLabel: string(j.UID), batch.ControllerUidLabel: string(j.UID),
	}
	if j.Spec.Template.Labels == nil {
		j.Spec.Template.Labels = map[string]string{}
	}
	for key, value := range labels {
		if _, given := j.Spec.Template.Labels[key]; !given {
			j.Spec.Template.Labels[key] = value
		}
	}
	if j.Spec.Selector == nil {
		j.Spec.Selector = &metav1.LabelSelector{}
	}
	if j.Spec.Selector.MatchLabels == nil {
		j.Spec.Selector.MatchLabels = map[string]string{}
	}
	if _, given := j.Spec.Selector.MatchLabels[batch.ControllerUidLabel]; !given {
		j.Spec.Selector.MatchLabels[batch.ControllerUidLabel] = string(j.UID)
	}
}

func prepareCronJob(c *batch.CronJob) {
	c.Status, c.Generation = batch.CronJobStatus{}, 1
	jobutil.DropDisabledFields(&c.Spec.JobTemplate.Spec, nil)
	podutil.DropDisabledTemplateFields(&c.Spec.JobTemplate.Spec.Template, nil)
}

// validateAutoscaler allows scaling to zero: the gate HPAScaleToZero is on by default in
// Kubernetes 1.37.
func validateAutoscaler(h *autoscaling.HorizontalPodAutoscaler) field.ErrorList {
	return autoscalingvalidation.ValidateHorizontalPodAutoscaler(h, autoscalingvalidation.HorizontalPodAutoscalerSpecValidationOptions{
		MinReplicasLowerBound: 0,
		ScaleTargetRefValidationOptions: autoscalingvalidation.CrossVersionObjectReferenceValidationOptions{
			AllowEmptyAPIGroup: h.Spec.ScaleTargetRef.Kind == "ReplicationController", RequiredCoveredByDeclarative: true,
		},
		ObjectMetricsValidationOptions: autoscalingvalidation.CrossVersionObjectReferenceValidationOptions{AllowEmptyAPIGroup: true},
	})
}
