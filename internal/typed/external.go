package typed

import (
	"cmp"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	admissionregistrationv1alpha1 "k8s.io/api/admissionregistration/v1alpha1"
	admissionregistrationv1beta1 "k8s.io/api/admissionregistration/v1beta1"
	apiserverinternalv1alpha1 "k8s.io/api/apiserverinternal/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	appsv1beta1 "k8s.io/api/apps/v1beta1"
	appsv1beta2 "k8s.io/api/apps/v1beta2"
	authenticationv1 "k8s.io/api/authentication/v1"
	authenticationv1alpha1 "k8s.io/api/authentication/v1alpha1"
	authenticationv1beta1 "k8s.io/api/authentication/v1beta1"
	authorizationv1 "k8s.io/api/authorization/v1"
	authorizationv1beta1 "k8s.io/api/authorization/v1beta1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	batchv1beta1 "k8s.io/api/batch/v1beta1"
	certificatesv1 "k8s.io/api/certificates/v1"
	certificatesv1alpha1 "k8s.io/api/certificates/v1alpha1"
	certificatesv1beta1 "k8s.io/api/certificates/v1beta1"
	coordinationv1 "k8s.io/api/coordination/v1"
	coordinationv1alpha2 "k8s.io/api/coordination/v1alpha2"
	coordinationv1beta1 "k8s.io/api/coordination/v1beta1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	discoveryv1beta1 "k8s.io/api/discovery/v1beta1"
	eventsv1 "k8s.io/api/events/v1"
	eventsv1beta1 "k8s.io/api/events/v1beta1"
	extensionsv1beta1 "k8s.io/api/extensions/v1beta1"
	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	flowcontrolv1beta1 "k8s.io/api/flowcontrol/v1beta1"
	flowcontrolv1beta2 "k8s.io/api/flowcontrol/v1beta2"
	flowcontrolv1beta3 "k8s.io/api/flowcontrol/v1beta3"
	networkingv1 "k8s.io/api/networking/v1"
	networkingv1beta1 "k8s.io/api/networking/v1beta1"
	nodev1 "k8s.io/api/node/v1"
	nodev1alpha1 "k8s.io/api/node/v1alpha1"
	nodev1beta1 "k8s.io/api/node/v1beta1"
	policyv1 "k8s.io/api/policy/v1"
	policyv1beta1 "k8s.io/api/policy/v1beta1"
	rbacv1 "k8s.io/api/rbac/v1"
	rbacv1alpha1 "k8s.io/api/rbac/v1alpha1"
	rbacv1beta1 "k8s.io/api/rbac/v1beta1"
	resourcev1 "k8s.io/api/resource/v1"
	resourcev1alpha3 "k8s.io/api/resource/v1alpha3"
	resourcev1beta1 "k8s.io/api/resource/v1beta1"
	resourcev1beta2 "k8s.io/api/resource/v1beta2"
	schedulingv1 "k8s.io/api/scheduling/v1"
	schedulingv1beta1 "k8s.io/api/scheduling/v1beta1"
	storagev1 "k8s.io/api/storage/v1"
	storagev1alpha1 "k8s.io/api/storage/v1alpha1"
	storagev1beta1 "k8s.io/api/storage/v1beta1"
	storagemigrationv1beta1 "k8s.io/api/storagemigration/v1beta1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
)

// external holds the types of all versions that Kubernetes serves or once served, as a manifest
// writes them. It is filled on first use.
var external = sync.OnceValue(func() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		admissionregistrationv1.AddToScheme, admissionregistrationv1alpha1.AddToScheme, admissionregistrationv1beta1.AddToScheme,
		apiextensionsv1.AddToScheme, apiserverinternalv1alpha1.AddToScheme, appsv1.AddToScheme, appsv1beta1.AddToScheme, appsv1beta2.AddToScheme,
		authenticationv1.AddToScheme, authenticationv1alpha1.AddToScheme, authenticationv1beta1.AddToScheme,
		authorizationv1.AddToScheme, authorizationv1beta1.AddToScheme, autoscalingv1.AddToScheme, autoscalingv2.AddToScheme,
		batchv1.AddToScheme, batchv1beta1.AddToScheme, certificatesv1.AddToScheme, certificatesv1alpha1.AddToScheme,
		certificatesv1beta1.AddToScheme, coordinationv1.AddToScheme, coordinationv1alpha2.AddToScheme, coordinationv1beta1.AddToScheme,
		corev1.AddToScheme, discoveryv1.AddToScheme, discoveryv1beta1.AddToScheme, eventsv1.AddToScheme, eventsv1beta1.AddToScheme,
		extensionsv1beta1.AddToScheme, flowcontrolv1.AddToScheme, flowcontrolv1beta1.AddToScheme, flowcontrolv1beta2.AddToScheme,
		flowcontrolv1beta3.AddToScheme, networkingv1.AddToScheme, networkingv1beta1.AddToScheme, nodev1.AddToScheme,
		nodev1alpha1.AddToScheme, nodev1beta1.AddToScheme, policyv1.AddToScheme, policyv1beta1.AddToScheme, rbacv1.AddToScheme,
		rbacv1alpha1.AddToScheme, rbacv1beta1.AddToScheme, resourcev1.AddToScheme, resourcev1alpha3.AddToScheme,
		resourcev1beta1.AddToScheme, resourcev1beta2.AddToScheme, schedulingv1.AddToScheme, schedulingv1beta1.AddToScheme,
		storagev1.AddToScheme, storagev1alpha1.AddToScheme, storagev1beta1.AddToScheme, storagemigrationv1beta1.AddToScheme,
	} {
		utilruntime.Must(add(scheme))
	}
	return scheme
})

// externalType is the Go type of a kind as a manifest writes it; nil for kinds that Kubernetes
// does not have.
func externalType(gvk schema.GroupVersionKind) reflect.Type { return external().AllKnownTypes()[gvk] }

// lifecycle is what k8s.io/api says of the versions of an API that were not meant to stay.
type lifecycle interface {
	APILifecycleIntroduced() (major, minor int)
	APILifecycleDeprecated() (major, minor int)
	APILifecycleRemoved() (major, minor int)
}

// forgotten are versions that even k8s.io/api no longer has, with the minor version of
// Kubernetes that removed them and what to use
// (https://kubernetes.io/docs/reference/using-api/deprecation-guide/).
var forgotten = map[schema.GroupVersionKind]struct {
	minor int
	use   string
}{
	{Group: "autoscaling", Version: "v2beta1", Kind: "HorizontalPodAutoscaler"}: {25, "autoscaling/v2"},
	{Group: "autoscaling", Version: "v2beta2", Kind: "HorizontalPodAutoscaler"}: {26, "autoscaling/v2"},
	{Group: "policy", Version: "v1beta1", Kind: "PodSecurityPolicy"}:            {25, "Pod Security admission, by labels of the namespace"},
	{Group: "batch", Version: "v2alpha1", Kind: "CronJob"}:                      {21, "batch/v1"},
}

// served tells whether a cluster of a minor version of Kubernetes 1 serves an API, as far as its
// life is known; the problem says what to use. Deprecation alone is a warning.
func served(gvk schema.GroupVersionKind, minor int) []problem {
	p := problem{rule: "types/unknown-version", field: "apiVersion", remedy: "use the current version of the API: see https://kubernetes.io/docs/reference/using-api/deprecation-guide/"}
	if gone, ok := forgotten[gvk]; ok && gone.minor <= minor {
		p.message = fmt.Sprintf("Kubernetes serves no %s in %s since 1.%d", gvk.Kind, gvk.GroupVersion(), gone.minor)
		p.remedy = "use " + gone.use
		return []problem{p}
	}
	want := externalType(gvk)
	if want == nil {
		return nil
	}
	object := reflect.New(want).Interface()
	life, mortal := object.(lifecycle)
	if !mortal {
		return nil
	}
	if replaced, ok := object.(interface {
		APILifecycleReplacement() schema.GroupVersionKind
	}); ok {
		use := replaced.APILifecycleReplacement()
		p.remedy = fmt.Sprintf("use %s of %s", use.Kind, use.GroupVersion())
	}
	_, introduced := life.APILifecycleIntroduced()
	_, deprecated := life.APILifecycleDeprecated()
	_, removed := life.APILifecycleRemoved()
	switch {
	case removed > 0 && removed <= minor:
		p.message = fmt.Sprintf("Kubernetes serves no %s in %s since 1.%d", gvk.Kind, gvk.GroupVersion(), removed)
	case introduced > minor:
		p.message = fmt.Sprintf("Kubernetes 1.%d serves no %s in %s yet: it came with 1.%d", minor, gvk.Kind, gvk.GroupVersion(), introduced)
		p.remedy = "use a version that the cluster has, or raise facts.kubernetes"
	case deprecated > 0 && deprecated <= minor && removed > minor && !strings.Contains(gvk.Version, "alpha"):
		p.rule, p.warning = "types/deprecated-version", true
		p.message = fmt.Sprintf("%s of %s is deprecated since 1.%d, and gone in 1.%d", gvk.Kind, gvk.GroupVersion(), deprecated, removed)
	default:
		return nil
	}
	return []problem{p}
}

// minorOf reads the minor version of 1.37; what is no version is the newest that is known.
func minorOf(version string) int {
	_, text, _ := strings.Cut(version, ".")
	minor, _ := strconv.Atoi(text)
	return cmp.Or(minor, newest)
}

// newest is the minor version of Kubernetes whose types are linked.
const newest = 37
