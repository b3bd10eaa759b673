package typed

import (
	"context"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextensionsvalidation "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/apis/admissionregistration"
	admissionv1 "k8s.io/kubernetes/pkg/apis/admissionregistration/v1"
	admissionvalidation "k8s.io/kubernetes/pkg/apis/admissionregistration/validation"
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/certificates"
	certificatesv1 "k8s.io/kubernetes/pkg/apis/certificates/v1"
	certificatesvalidation "k8s.io/kubernetes/pkg/apis/certificates/validation"
	"k8s.io/kubernetes/pkg/apis/coordination"
	coordinationv1 "k8s.io/kubernetes/pkg/apis/coordination/v1"
	coordinationvalidation "k8s.io/kubernetes/pkg/apis/coordination/validation"
	"k8s.io/kubernetes/pkg/apis/discovery"
	discoveryv1 "k8s.io/kubernetes/pkg/apis/discovery/v1"
	discoveryvalidation "k8s.io/kubernetes/pkg/apis/discovery/validation"
	"k8s.io/kubernetes/pkg/apis/flowcontrol"
	flowcontrolv1 "k8s.io/kubernetes/pkg/apis/flowcontrol/v1"
	flowcontrolvalidation "k8s.io/kubernetes/pkg/apis/flowcontrol/validation"
	"k8s.io/kubernetes/pkg/apis/networking"
	networkingvalidation "k8s.io/kubernetes/pkg/apis/networking/validation"
	"k8s.io/kubernetes/pkg/apis/node"
	nodev1 "k8s.io/kubernetes/pkg/apis/node/v1"
	nodevalidation "k8s.io/kubernetes/pkg/apis/node/validation"
	"k8s.io/kubernetes/pkg/apis/resource"
	resourcev1 "k8s.io/kubernetes/pkg/apis/resource/v1"
	resourcev1beta1 "k8s.io/kubernetes/pkg/apis/resource/v1beta1"
	resourcev1beta2 "k8s.io/kubernetes/pkg/apis/resource/v1beta2"
	resourcevalidation "k8s.io/kubernetes/pkg/apis/resource/validation"
	"k8s.io/kubernetes/pkg/apis/storage"
	storagevalidation "k8s.io/kubernetes/pkg/apis/storage/validation"
)

// clusterGroups are the API groups of clusterKinds that groups does not have.
var clusterGroups = []func(*runtime.Scheme) error{
	apiextensions.AddToScheme, apiextensionsv1.AddToScheme,
	admissionregistration.AddToScheme, admissionv1.AddToScheme,
	certificates.AddToScheme, certificatesv1.AddToScheme,
	coordination.AddToScheme, coordinationv1.AddToScheme,
	discovery.AddToScheme, discoveryv1.AddToScheme,
	flowcontrol.AddToScheme, flowcontrolv1.AddToScheme,
	node.AddToScheme, nodev1.AddToScheme,
	resource.AddToScheme, resourcev1.AddToScheme, resourcev1beta1.AddToScheme, resourcev1beta2.AddToScheme,
}

// clusterKinds are kinds that steer or extend a cluster rather than run on it: admission,
// certificates, leases, endpoints, request priorities, runtime classes and dynamic resources.
var clusterKinds = map[schema.GroupKind]builtin{
	{Group: "admissionregistration.k8s.io", Kind: "ValidatingWebhookConfiguration"}: cluster(on(nil, admissionvalidation.ValidateValidatingWebhookConfiguration)),
	{Group: "admissionregistration.k8s.io", Kind: "MutatingWebhookConfiguration"}:   cluster(on(nil, admissionvalidation.ValidateMutatingWebhookConfiguration)),
	{Group: "admissionregistration.k8s.io", Kind: "ValidatingAdmissionPolicy"}: cluster(on(func(p *admissionregistration.ValidatingAdmissionPolicy) {
		p.Status = admissionregistration.ValidatingAdmissionPolicyStatus{}
	}, admissionvalidation.ValidateValidatingAdmissionPolicy)),
	{Group: "admissionregistration.k8s.io", Kind: "ValidatingAdmissionPolicyBinding"}: cluster(on(nil, admissionvalidation.ValidateValidatingAdmissionPolicyBinding)),
	{Group: "admissionregistration.k8s.io", Kind: "MutatingAdmissionPolicy"}:          cluster(on(nil, admissionvalidation.ValidateMutatingAdmissionPolicy)),
	{Group: "admissionregistration.k8s.io", Kind: "MutatingAdmissionPolicyBinding"}:   cluster(on(nil, admissionvalidation.ValidateMutatingAdmissionPolicyBinding)),

	{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}: cluster(on(prepareDefinition, func(d *apiextensions.CustomResourceDefinition) field.ErrorList {
		return apiextensionsvalidation.ValidateCustomResourceDefinition(context.Background(), d)
	})),

	{Group: "apps", Kind: "ControllerRevision"}: on(nil, appsvalidation.ValidateControllerRevisionCreate),

	{Group: "certificates.k8s.io", Kind: "CertificateSigningRequest"}: cluster(on(func(r *certificates.CertificateSigningRequest) {
		r.Status = certificates.CertificateSigningRequestStatus{}
	}, certificatesvalidation.ValidateCertificateSigningRequestCreate)),

	{Group: "coordination.k8s.io", Kind: "Lease"}: on(nil, coordinationvalidation.ValidateLease),

	{Group: "discovery.k8s.io", Kind: "EndpointSlice"}: on(nil, discoveryvalidation.ValidateEndpointSliceCreate),

	{Group: "flowcontrol.apiserver.k8s.io", Kind: "FlowSchema"}: cluster(on(func(f *flowcontrol.FlowSchema) {
		f.Status = flowcontrol.FlowSchemaStatus{}
	}, flowcontrolvalidation.ValidateFlowSchema)),
	{Group: "flowcontrol.apiserver.k8s.io", Kind: "PriorityLevelConfiguration"}: cluster(on(func(p *flowcontrol.PriorityLevelConfiguration) {
		p.Status = flowcontrol.PriorityLevelConfigurationStatus{}
	}, func(p *flowcontrol.PriorityLevelConfiguration) field.ErrorList {
		return flowcontrolvalidation.ValidatePriorityLevelConfiguration(p, flowcontrolv1.SchemeGroupVersion, flowcontrolvalidation.PriorityLevelValidationOptions{})
	})),

	{Group: "networking.k8s.io", Kind: "IPAddress"}: cluster(on(nil, networkingvalidation.ValidateIPAddress)),
	{Group: "networking.k8s.io", Kind: "ServiceCIDR"}: cluster(on(func(c *networking.ServiceCIDR) {
		c.Status = networking.ServiceCIDRStatus{}
	}, networkingvalidation.ValidateServiceCIDR)),

	{Group: "node.k8s.io", Kind: "RuntimeClass"}: cluster(on(nil, nodevalidation.ValidateRuntimeClass)),

	{Group: "resource.k8s.io", Kind: "DeviceClass"}: cluster(on(nil, resourcevalidation.ValidateDeviceClass)),
	{Group: "resource.k8s.io", Kind: "ResourceClaim"}: on(func(c *resource.ResourceClaim) {
		c.Status = resource.ResourceClaimStatus{}
	}, resourcevalidation.ValidateResourceClaim),
	{Group: "resource.k8s.io", Kind: "ResourceClaimTemplate"}: on(nil, resourcevalidation.ValidateResourceClaimTemplate),
	{Group: "resource.k8s.io", Kind: "ResourceSlice"}:         cluster(on(nil, resourcevalidation.ValidateResourceSlice)),

	{Group: "storage.k8s.io", Kind: "CSINode"}: cluster(on(nil, storagevalidation.ValidateCSINode)),
	{Group: "storage.k8s.io", Kind: "CSIStorageCapacity"}: on(nil, func(c *storage.CSIStorageCapacity) field.ErrorList {
		return storagevalidation.ValidateCSIStorageCapacity(c, storagevalidation.CSIStorageCapacityValidateOptions{})
	}),
	{Group: "storage.k8s.io", Kind: "VolumeAttachment"}: cluster(on(func(a *storage.VolumeAttachment) {
		a.Status = storage.VolumeAttachmentStatus{}
	}, storagevalidation.ValidateVolumeAttachment)),
	{Group: "storage.k8s.io", Kind: "VolumeAttributesClass"}: cluster(on(nil, storagevalidation.ValidateVolumeAttributesClass)),
}

// prepareDefinition states the stored version, as the API server does on create.
func prepareDefinition(d *apiextensions.CustomResourceDefinition) {
	d.Status = apiextensions.CustomResourceDefinitionStatus{}
	for _, v := range d.Spec.Versions {
		if v.Storage {
			d.Status.StoredVersions = []string{v.Name}
		}
	}
}

// init joins the two tables; a function would be called for every object.
func init() {
	groups = append(groups, clusterGroups...)
	for kind, rule := range clusterKinds {
		builtins[kind] = rule
	}
}
