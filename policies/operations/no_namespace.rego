# METADATA
# title: Objects say where they belong
# description: |
#   An object without a namespace lands in whatever namespace the context has: another one on
#   the next machine. In default and kube-system it is among what is not one's own.
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

# In the namespace default there is everything of whoever forgot to say where; no policy and no quota of a team is there.
deny contains {"msg": msg, "path": ["metadata", "namespace"]} if {
	input.metadata.namespace == "default"
	not cluster_scoped
	not input.metadata.name in {"kubernetes", "default", "kube-root-ca.crt"}
	msg := "the namespace default is nobody's own: no team's policy, quota or account is there"
}

deny contains {"msg": msg, "path": ["metadata", "namespace"]} if {
	input.metadata.namespace == "kube-system"
	input.kind in {"Pod", "Deployment", "StatefulSet", "Job", "CronJob", "ReplicaSet"}
	msg := sprintf("%s %s lives in kube-system, beside what the cluster stands on", [input.kind, object.get(input.metadata, "name", "?")])
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
