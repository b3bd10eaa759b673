//lint:file-ignore SA1019 the API server still reads deprecated fields, and this does what it does

package typed

import (
	podutil "k8s.io/kubernetes/pkg/api/pod"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/apis/apps"
	appsv1 "k8s.io/kubernetes/pkg/apis/apps/v1"
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/autoscaling"
	autoscalingv1 "k8s.io/kubernetes/pkg/apis/autoscaling/v1"
	autoscalingv2 "k8s.io/kubernetes/pkg/apis/autoscaling/v2"
	"k8s.io/kubernetes/pkg/apis/batch"
	batchv1 "k8s.io/kubernetes/pkg/apis/batch/v1"
	batchvalidation "k8s.io/kubernetes/pkg/apis/batch/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	corev1 "k8s.io/kubernetes/pkg/apis/core/v1"
	"k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/networking"
	networkingv1 "k8s.io/kubernetes/pkg/apis/networking/v1"
	networkingvalidation "k8s.io/kubernetes/pkg/apis/networking/validation"
	"k8s.io/kubernetes/pkg/apis/policy"
	policyv1 "k8s.io/kubernetes/pkg/apis/policy/v1"
	policyvalidation "k8s.io/kubernetes/pkg/apis/policy/validation"
	"k8s.io/kubernetes/pkg/apis/rbac"
	rbacv1 "k8s.io/kubernetes/pkg/apis/rbac/v1"
	rbacvalidation "k8s.io/kubernetes/pkg/apis/rbac/validation"
	"k8s.io/kubernetes/pkg/apis/scheduling"
	schedulingv1 "k8s.io/kubernetes/pkg/apis/scheduling/v1"
	schedulingvalidation "k8s.io/kubernetes/pkg/apis/scheduling/validation"
	"k8s.io/kubernetes/pkg/apis/storage"
	storagev1 "k8s.io/kubernetes/pkg/apis/storage/v1"
	storagevalidation "k8s.io/kubernetes/pkg/apis/storage/validation"
)

// groups register the internal types of an API group, or the types, defaults and conversions
// of one of its versions.
var groups = []func(*runtime.Scheme) error{
	core.AddToScheme, corev1.AddToScheme,
	apps.AddToScheme, appsv1.AddToScheme,
	autoscaling.AddToScheme, autoscalingv1.AddToScheme, autoscalingv2.AddToScheme,
	batch.AddToScheme, batchv1.AddToScheme,
	networking.AddToScheme, networkingv1.AddToScheme,
	policy.AddToScheme, policyv1.AddToScheme,
	rbac.AddToScheme, rbacv1.AddToScheme,
	scheduling.AddToScheme, schedulingv1.AddToScheme,
	storage.AddToScheme, storagev1.AddToScheme,
}

// on makes the rule of one kind from functions over its type.
func on[T runtime.Object](prepare func(T), validate func(T) field.ErrorList) builtin {
	b := builtin{validate: func(o runtime.Object) field.ErrorList { return validate(o.(T)) }}
	if prepare != nil {
		b.prepare = func(o runtime.Object) { prepare(o.(T)) }
	}
	return b
}

func cluster(b builtin) builtin {
	b.clusterScoped = true
	return b
}

// builtins follow the Validate and PrepareForCreate methods of the strategies in
// k8s.io/kubernetes v1.37.2, pkg/registry/<group>/<kind>/strategy.go.
var builtins = map[schema.GroupKind]builtin{
	{Kind: "Namespace"}: cluster(on(func(n *core.Namespace) {
		n.Status = core.NamespaceStatus{Phase: core.NamespaceActive}
	}, validateNamespace)),
	{Kind: "Pod"}: on(preparePod, func(p *core.Pod) field.ErrorList {
		options := podutil.GetValidationOptionsFromPodSpecAndMeta(&p.Spec, nil, &p.ObjectMeta, nil)
		options.ResourceIsPod = true
		return validation.ValidatePodCreate(p, options)
	}),
	{Kind: "PodTemplate"}: on(func(t *core.PodTemplate) { podutil.DropDisabledTemplateFields(&t.Template, nil) },
		func(t *core.PodTemplate) field.ErrorList {
			return validation.ValidatePodTemplate(t, podOptions(&t.Template))
		}),
	{Kind: "ReplicationController"}: on(func(c *core.ReplicationController) {
		c.Status = core.ReplicationControllerStatus{}
		podutil.DropDisabledTemplateFields(c.Spec.Template, nil)
	}, func(c *core.ReplicationController) field.ErrorList {
		return validation.ValidateReplicationController(c, podOptions(c.Spec.Template))
	}),
	{Kind: "ServiceAccount"}:        on(nil, validation.ValidateServiceAccount),
	{Kind: "Secret"}:                on(nil, validation.ValidateSecret),
	{Kind: "ConfigMap"}:             on(nil, validation.ValidateConfigMap),
	{Kind: "Service"}:               on(prepareService, validation.ValidateServiceCreate),
	{Kind: "Endpoints"}:             on(nil, validation.ValidateEndpointsCreate),
	{Kind: "PersistentVolumeClaim"}: on(prepareClaim, validateClaim),
	{Kind: "PersistentVolume"}:      cluster(on(prepareVolume, validateVolume)),
	{Kind: "ResourceQuota"}: on(func(q *core.ResourceQuota) { q.Status = core.ResourceQuotaStatus{} },
		validation.ValidateResourceQuota),
	{Kind: "LimitRange"}: on(func(l *core.LimitRange) {
		if l.Name == "" {
			l.Name = "drawn" // the API server draws one
		}
	}, validation.ValidateLimitRange),
	{Kind: "Node"}: cluster(on(func(n *core.Node) { n.Spec.ConfigSource, n.Status.Config = nil, nil },
		validation.ValidateNode)),

	{Group: "apps", Kind: "Deployment"}: on(func(d *apps.Deployment) {
		d.Status, d.Generation = apps.DeploymentStatus{}, 1
		podutil.DropDisabledTemplateFields(&d.Spec.Template, nil)
	}, func(d *apps.Deployment) field.ErrorList {
		return appsvalidation.ValidateDeployment(d, podOptions(&d.Spec.Template))
	}),
	{Group: "apps", Kind: "DaemonSet"}: on(func(d *apps.DaemonSet) {
		d.Status, d.Generation = apps.DaemonSetStatus{}, 1
		d.Spec.TemplateGeneration = max(d.Spec.TemplateGeneration, 1)
		podutil.DropDisabledTemplateFields(&d.Spec.Template, nil)
	}, func(d *apps.DaemonSet) field.ErrorList {
		return appsvalidation.ValidateDaemonSet(d, podOptions(&d.Spec.Template))
	}),
	{Group: "apps", Kind: "ReplicaSet"}: on(func(r *apps.ReplicaSet) {
		r.Status, r.Generation = apps.ReplicaSetStatus{}, 1
		podutil.DropDisabledTemplateFields(&r.Spec.Template, nil)
	}, func(r *apps.ReplicaSet) field.ErrorList {
		return appsvalidation.ValidateReplicaSet(r, podOptions(&r.Spec.Template))
	}),
	{Group: "apps", Kind: "StatefulSet"}: on(func(s *apps.StatefulSet) {
		s.Status, s.Generation = apps.StatefulSetStatus{}, 1
		podutil.DropDisabledTemplateFields(&s.Spec.Template, nil)
	}, func(s *apps.StatefulSet) field.ErrorList {
		return appsvalidation.ValidateStatefulSet(s, appsvalidation.StatefulSetValidationOptions{}, podOptions(&s.Spec.Template))
	}),

	{Group: "batch", Kind: "Job"}: on(prepareJob, func(j *batch.Job) field.ErrorList {
		return batchvalidation.ValidateJobCreate(j, batchvalidation.JobValidationOptions{
			PodValidationOptions: podOptions(&j.Spec.Template), RequirePrefixedLabels: true,
		})
	}),
	{Group: "batch", Kind: "CronJob"}: on(prepareCronJob, func(c *batch.CronJob) field.ErrorList {
		return batchvalidation.ValidateCronJobCreate(c, podOptions(&c.Spec.JobTemplate.Spec.Template))
	}),

	{Group: "networking.k8s.io", Kind: "NetworkPolicy"}: on(nil, func(p *networking.NetworkPolicy) field.ErrorList {
		return networkingvalidation.ValidateNetworkPolicy(p, networkingvalidation.ValidationOptionsForNetworking(p, nil))
	}),
	{Group: "networking.k8s.io", Kind: "Ingress"}: on(func(i *networking.Ingress) { i.Status = networking.IngressStatus{} },
		networkingvalidation.ValidateIngressCreate),
	{Group: "networking.k8s.io", Kind: "IngressClass"}: cluster(on(nil, networkingvalidation.ValidateIngressClass)),

	{Group: "rbac.authorization.k8s.io", Kind: "Role"}:        on(nil, rbacvalidation.ValidateRole),
	{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"}: on(nil, rbacvalidation.ValidateRoleBinding),
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRole"}: cluster(on(nil, func(r *rbac.ClusterRole) field.ErrorList {
		return rbacvalidation.ValidateClusterRole(r, rbacvalidation.ClusterRoleValidationOptions{})
	})),
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"}: cluster(on(nil, rbacvalidation.ValidateClusterRoleBinding)),

	{Group: "storage.k8s.io", Kind: "StorageClass"}: cluster(on(nil, storagevalidation.ValidateStorageClass)),
	{Group: "storage.k8s.io", Kind: "CSIDriver"}:    cluster(on(nil, storagevalidation.ValidateCSIDriver)),

	{Group: "autoscaling", Kind: "HorizontalPodAutoscaler"}: on(func(h *autoscaling.HorizontalPodAutoscaler) {
		h.Status = autoscaling.HorizontalPodAutoscalerStatus{}
	}, validateAutoscaler),
	{Group: "policy", Kind: "PodDisruptionBudget"}: on(func(b *policy.PodDisruptionBudget) {
		b.Status = policy.PodDisruptionBudgetStatus{}
	}, func(b *policy.PodDisruptionBudget) field.ErrorList {
		return policyvalidation.ValidatePodDisruptionBudget(b, policyvalidation.PodDisruptionBudgetValidationOptions{})
	}),
	{Group: "scheduling.k8s.io", Kind: "PriorityClass"}: cluster(on(nil, schedulingvalidation.ValidatePriorityClass)),
}
