package manifest

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// ofCluster are the kinds that live in no namespace, by group: those of the API server and of operators that are often met.
var ofCluster = map[string][]string{
	"":                             {"Namespace", "Node", "PersistentVolume", "ComponentStatus"},
	"admissionregistration.k8s.io": {"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"},
	"apiextensions.k8s.io":         {"CustomResourceDefinition"},
	"apiregistration.k8s.io":       {"APIService"},
	"certificates.k8s.io":          {"CertificateSigningRequest", "ClusterTrustBundle"},
	"flowcontrol.apiserver.k8s.io": {"FlowSchema", "PriorityLevelConfiguration"},
	"networking.k8s.io":            {"IngressClass", "IPAddress", "ServiceCIDR"},
	"node.k8s.io":                  {"RuntimeClass"},
	"rbac.authorization.k8s.io":    {"ClusterRole", "ClusterRoleBinding"},
	"resource.k8s.io":              {"DeviceClass", "ResourceSlice", "DeviceTaintRule"},
	"scheduling.k8s.io":            {"PriorityClass"},
	"storage.k8s.io":               {"StorageClass", "CSIDriver", "CSINode", "VolumeAttachment", "VolumeAttributesClass"},
	"storagemigration.k8s.io":      {"StorageVersionMigration"},
	"policy":                       {"PodSecurityPolicy"},

	"tekton.dev":               {"ClusterTask"},
	"triggers.tekton.dev":      {"ClusterTriggerBinding", "ClusterInterceptor"},
	"policy.sigstore.dev":      {"ClusterImagePolicy", "TrustRoot"},
	"karpenter.sh":             {"NodePool", "NodeClaim"},
	"karpenter.k8s.aws":        {"EC2NodeClass"},
	"karpenter.azure.com":      {"AKSNodeClass"},
	"kueue.x-k8s.io":           {"ClusterQueue", "Cohort", "ResourceFlavor", "WorkloadPriorityClass", "AdmissionCheck", "Topology", "MultiKueueCluster", "MultiKueueConfig", "ProvisioningRequestConfig"},
	"nfd.k8s-sigs.io":          {"NodeFeatureRule"},
	"nvidia.com":               {"ClusterPolicy", "NVIDIADriver"},
	"cert-manager.io":          {"ClusterIssuer"},
	"external-secrets.io":      {"ClusterSecretStore", "ClusterExternalSecret", "ClusterPushSecret"},
	"cilium.io":                {"CiliumClusterwideNetworkPolicy", "CiliumNode", "CiliumIdentity", "CiliumClusterwideEnvoyConfig", "CiliumLoadBalancerIPPool"},
	"crd.projectcalico.org":    {"GlobalNetworkPolicy", "GlobalNetworkSet", "IPPool", "FelixConfiguration"},
	"projectcalico.org":        {"GlobalNetworkPolicy", "GlobalNetworkSet", "IPPool", "FelixConfiguration"},
	"policy.networking.k8s.io": {"AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy"},

	"keda.sh":                   {"ClusterTriggerAuthentication"},
	"kyverno.io":                {"ClusterPolicy", "ClusterCleanupPolicy"},
	"gateway.networking.k8s.io": {"GatewayClass"},
	"snapshot.storage.k8s.io":   {"VolumeSnapshotClass", "VolumeSnapshotContent"},
	"argoproj.io":               {"ClusterWorkflowTemplate", "ClusterAnalysisTemplate"},
	"serving.kserve.io":         {"ClusterServingRuntime", "ClusterStorageContainer"},
	"templates.gatekeeper.sh":   {"ConstraintTemplate"},
}

// allOfCluster are groups all of whose kinds live in no namespace.
var allOfCluster = []string{"constraints.gatekeeper.sh", "operator.tekton.dev"}

// IsClusterScoped tells whether objects of a kind live in no namespace, as far as is known. A namespace that one states
// is cleared by the API server, and says nothing of what it is.
func IsClusterScoped(gk schema.GroupKind) bool {
	return slices.Contains(ofCluster[strings.ToLower(gk.Group)], gk.Kind) || slices.Contains(allOfCluster, gk.Group)
}
