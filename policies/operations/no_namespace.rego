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
	split(input.apiVersion, "/")[0] in groups
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

# groups are those of whose kinds it is known which belong to a namespace: of others nobody can say that one is missing.
groups := {
	"v1", "apps", "batch", "autoscaling", "policy", "extensions", "networking.k8s.io", "rbac.authorization.k8s.io", "coordination.k8s.io", "discovery.k8s.io",
	"events.k8s.io", "storage.k8s.io", "tekton.dev", "triggers.tekton.dev", "pipelinesascode.tekton.dev", "monitoring.coreos.com", "external-secrets.io",
	"argoproj.io", "keda.sh", "kueue.x-k8s.io", "cilium.io", "nfd.k8s-sigs.io", "policy.sigstore.dev", "karpenter.sh", "karpenter.k8s.aws",
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
	"CiliumCIDRGroup", "CiliumEgressGatewayPolicy", "CiliumLoadBalancerIPPool", "CiliumL2AnnouncementPolicy", "ClusterExternalSecret", "ClusterPushSecret",
	"ClusterWorkflowTemplate", "ClusterAnalysisTemplate", "ClusterTriggerAuthentication", "TrustRoot", "NodeClaim", "NodeOverlay", "MultiKueueCluster", "MultiKueueConfig",
	"ProvisioningRequestConfig",
}
