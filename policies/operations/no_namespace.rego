# METADATA
# title: Objects say where they belong
# description: |
#   An object without a namespace lands in whatever namespace the context has: another one on
#   the next machine.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/
# custom:
#   id: operations/no-namespace
#   severity: info
#   remedy: "write metadata.namespace, or set it in the kustomization"
package tenon.rules.operations.no_namespace

deny contains {"msg": msg, "path": ["metadata"]} if {
	is_object(input.metadata)
	not input.metadata.namespace
	not cluster_scoped
	msg := "objects without a namespace land in that of the context"
}

cluster_scoped if input.kind in {
	"Namespace", "Node", "PersistentVolume", "ClusterRole", "ClusterRoleBinding", "StorageClass", "CSIDriver", "IngressClass",
	"PriorityClass", "RuntimeClass", "CustomResourceDefinition", "APIService", "ValidatingWebhookConfiguration",
	"MutatingWebhookConfiguration", "ClusterInterceptor", "ClusterTriggerBinding", "ClusterImagePolicy", "ClusterTask",
	"ClusterPolicy", "NodePool", "EC2NodeClass", "ClusterQueue", "ResourceFlavor", "NodeFeatureRule", "ClusterSecretStore",
	"ClusterIssuer", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "DeviceClass", "CSINode", "VolumeAttachment",
	"FlowSchema", "PriorityLevelConfiguration", "CertificateSigningRequest", "Cohort", "AKSNodeClass", "GCPNodeClass",
	"ServiceCIDR", "IPAddress", "VolumeAttributesClass", "ResourceSlice", "WorkloadPriorityClass", "AdmissionCheck", "Topology",
	"MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "ClusterTrustBundle", "CiliumClusterwideNetworkPolicy",
}
