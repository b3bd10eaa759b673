package typed

import (
	"encoding/json"
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/apis/apps"
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/batch"
	batchvalidation "k8s.io/kubernetes/pkg/apis/batch/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/rbac"
	rbacvalidation "k8s.io/kubernetes/pkg/apis/rbac/validation"
	"k8s.io/kubernetes/pkg/apis/scheduling"
	schedulingvalidation "k8s.io/kubernetes/pkg/apis/scheduling/validation"
	"k8s.io/kubernetes/pkg/apis/storage"
	storagevalidation "k8s.io/kubernetes/pkg/apis/storage/validation"

	"tenon.dev/tenon/internal/manifest"
)

// Refusal is a change of a field that the API server refuses.
type Refusal struct{ Field, Message string }

// Update returns what the API server refuses when an object takes the place of its older version:
// fields that cannot be changed. What is wrong with the newer version by itself is not among it.
func Update(before, after manifest.Object) []Refusal {
	validate, known := updates[after.GroupKind()]
	if !known {
		return nil
	}
	old, now := decoded(before), decoded(after)
	if old == nil || now == nil || reflect.TypeOf(old) != reflect.TypeOf(now) {
		return nil
	}
	var refused []Refusal
	for _, e := range validate(now, old) {
		if e.Type == field.ErrorTypeInvalid || e.Type == field.ErrorTypeForbidden {
			refused = append(refused, Refusal{e.Field, firstLine(e.Detail)})
		}
	}
	return refused
}

func decoded(o manifest.Object) runtime.Object {
	raw, err := json.Marshal(o.Value)
	if err != nil {
		return nil
	}
	object, _, err := decoder().Decode(raw, nil, nil)
	if err != nil {
		return nil
	}
	if prepare := builtins[o.GroupKind()].prepare; prepare != nil {
		prepare(object)
	}
	if m, err := meta.Accessor(object); err == nil {
		m.SetResourceVersion("1") // the server compares nothing without
	}
	return object
}

// before compares two versions of a kind.
func before[T runtime.Object](validate func(now, old T) field.ErrorList) func(now, old runtime.Object) field.ErrorList {
	return func(now, old runtime.Object) field.ErrorList { return validate(now.(T), old.(T)) }
}

// updates follow the ValidateUpdate methods of the strategies in k8s.io/kubernetes v1.37.2,
// pkg/registry/<group>/<kind>/strategy.go, as far as they compare the two versions.
var updates = map[schema.GroupKind]func(now, old runtime.Object) field.ErrorList{
	{Kind: "Secret"}:    before(validation.ValidateSecretUpdate),
	{Kind: "ConfigMap"}: before(validation.ValidateConfigMapUpdate),
	{Kind: "Service"}: before(func(now, old *core.Service) field.ErrorList {
		if now.Spec.ClusterIP == "" {
			now.Spec.ClusterIP, now.Spec.ClusterIPs = old.Spec.ClusterIP, old.Spec.ClusterIPs
		}
		return apivalidation.ValidateImmutableField(now.Spec.ClusterIP, old.Spec.ClusterIP, field.NewPath("spec", "clusterIP"))
	}),
	{Kind: "PersistentVolumeClaim"}: before(func(now, old *core.PersistentVolumeClaim) field.ErrorList {
		now.Status.Phase, old.Status.Phase = core.ClaimBound, core.ClaimBound // as it is once it has data
		now.Status.Capacity, old.Status.Capacity = old.Spec.Resources.Requests, old.Spec.Resources.Requests
		return validation.ValidatePersistentVolumeClaimUpdate(now, old, validation.ValidationOptionsForPersistentVolumeClaim(now, old))
	}),
	{Kind: "PersistentVolume"}: before(func(now, old *core.PersistentVolume) field.ErrorList {
		return validation.ValidatePersistentVolumeUpdate(now, old, validation.ValidationOptionsForPersistentVolume(now, old))
	}),
	{Group: "apps", Kind: "Deployment"}: before(func(now, old *apps.Deployment) field.ErrorList {
		return apivalidation.ValidateImmutableField(now.Spec.Selector, old.Spec.Selector, field.NewPath("spec", "selector"))
	}),
	{Group: "apps", Kind: "DaemonSet"}: before(func(now, old *apps.DaemonSet) field.ErrorList {
		return apivalidation.ValidateImmutableField(now.Spec.Selector, old.Spec.Selector, field.NewPath("spec", "selector"))
	}),
	{Group: "apps", Kind: "ReplicaSet"}: before(func(now, old *apps.ReplicaSet) field.ErrorList {
		return apivalidation.ValidateImmutableField(now.Spec.Selector, old.Spec.Selector, field.NewPath("spec", "selector"))
	}),
	{Group: "apps", Kind: "StatefulSet"}: before(func(now, old *apps.StatefulSet) field.ErrorList {
		return appsvalidation.ValidateStatefulSetUpdate(now, old, appsvalidation.StatefulSetValidationOptions{}, podOptions(&now.Spec.Template))
	}),
	{Group: "batch", Kind: "Job"}: before(func(now, old *batch.Job) field.ErrorList {
		return batchvalidation.ValidateJobSpecUpdate(now.Spec, old.Spec, field.NewPath("spec"), batchvalidation.JobValidationOptions{PodValidationOptions: podOptions(&now.Spec.Template)})
	}),
	{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"}: before(func(now, old *rbac.RoleBinding) field.ErrorList {
		return rbacvalidation.ValidateRoleBindingUpdate(now, old)
	}),
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"}: before(func(now, old *rbac.ClusterRoleBinding) field.ErrorList {
		return rbacvalidation.ValidateClusterRoleBindingUpdate(now, old)
	}),
	{Group: "storage.k8s.io", Kind: "StorageClass"}: before(func(now, old *storage.StorageClass) field.ErrorList {
		return storagevalidation.ValidateStorageClassUpdate(now, old)
	}),
	{Group: "scheduling.k8s.io", Kind: "PriorityClass"}: before(func(now, old *scheduling.PriorityClass) field.ErrorList {
		return schedulingvalidation.ValidatePriorityClassUpdate(now, old)
	}),
}

// firstLine leaves out the dump of both versions that some refusals have behind it.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
