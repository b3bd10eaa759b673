# METADATA
# title: Which group a resource is in, and which belong to no namespace
# description: |
#   Kubernetes v1.37 (kubectl api-resources) and the operators that platforms here stand on.
# related_resources:
#   - ref: https://kubernetes.io/docs/reference/kubernetes-api/
package tenon.resources

# of are the resources of each group that Kubernetes itself serves.
of := {
	"": {"bindings", "componentstatuses", "configmaps", "endpoints", "events", "limitranges", "namespaces", "nodes", "persistentvolumeclaims", "persistentvolumes", "pods", "podtemplates", "replicationcontrollers", "resourcequotas", "secrets", "serviceaccounts", "services"},
	"apps": {"controllerrevisions", "daemonsets", "deployments", "replicasets", "statefulsets"},
	"autoscaling": {"horizontalpodautoscalers"},
	"batch": {"cronjobs", "jobs"},
	"certificates.k8s.io": {"certificatesigningrequests", "signers", "clustertrustbundles", "podcertificaterequests"},
	"coordination.k8s.io": {"leases", "leasecandidates"},
	"discovery.k8s.io": {"endpointslices"},
	"events.k8s.io": {"events"},
	"networking.k8s.io": {"ingressclasses", "ingresses", "ipaddresses", "networkpolicies", "servicecidrs"},
	"extensions": set(), # all went to other groups until Kubernetes 1.22
	"policy": {"poddisruptionbudgets"},
	"rbac.authorization.k8s.io": {"clusterrolebindings", "clusterroles", "rolebindings", "roles"},
	"scheduling.k8s.io": {"priorityclasses", "workloads", "podgroups"},
	"storage.k8s.io": {"csidrivers", "csinodes", "csistoragecapacities", "storageclasses", "volumeattachments", "volumeattributesclasses"},
	"admissionregistration.k8s.io": {"mutatingadmissionpolicies", "mutatingadmissionpolicybindings", "mutatingwebhookconfigurations", "validatingadmissionpolicies", "validatingadmissionpolicybindings", "validatingwebhookconfigurations"},
	"apiextensions.k8s.io": {"customresourcedefinitions"},
	"apiregistration.k8s.io": {"apiservices"},
}

# clusterwide are the resources of each group that belong to no namespace. A request for one namespace by its name is of
# that namespace, so that a Role may grant it: namespaces are not among them.
clusterwide := {
	"": {"nodes", "persistentvolumes", "componentstatuses"},
	"certificates.k8s.io": {"certificatesigningrequests", "clustertrustbundles"},
	"networking.k8s.io": {"ingressclasses", "ipaddresses", "servicecidrs"},
	"node.k8s.io": {"runtimeclasses"},
	"metrics.k8s.io": {"nodes"},
	"rbac.authorization.k8s.io": {"clusterrolebindings"},
	"scheduling.k8s.io": {"priorityclasses"},
	"storage.k8s.io": {"csidrivers", "csinodes", "storageclasses", "volumeattachments", "volumeattributesclasses"},
	"admissionregistration.k8s.io": of["admissionregistration.k8s.io"],
	"apiextensions.k8s.io": {"customresourcedefinitions"},
	"apiregistration.k8s.io": {"apiservices"},
	"authentication.k8s.io": {"tokenreviews", "selfsubjectreviews"},
	"authorization.k8s.io": {"subjectaccessreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews"},
	"flowcontrol.apiserver.k8s.io": {"flowschemas", "prioritylevelconfigurations"},
	"resource.k8s.io": {"deviceclasses", "resourceslices"},
	"triggers.tekton.dev": {"clusterinterceptors", "clustertriggerbindings"},
	"policy.sigstore.dev": {"clusterimagepolicies", "trustroots"},
	"kueue.x-k8s.io": {"clusterqueues", "resourceflavors", "admissionchecks", "workloadpriorityclasses", "cohorts", "topologies"},
	"karpenter.sh": {"nodepools", "nodeclaims"},
	"cert-manager.io": {"clusterissuers"},
	"external-secrets.io": {"clustersecretstores", "clusterexternalsecrets"},
}

# removed are resources that a group had, with what took their place
# (https://kubernetes.io/docs/reference/using-api/deprecation-guide/, https://github.com/tektoncd/pipeline/blob/main/docs/deprecations.md).
removed := {
	"policy": {"podsecuritypolicies": "labels of namespaces decide in their place"},
	"tekton.dev": {
		"clustertasks": "the cluster resolver finds tasks of other namespaces",
		"pipelineresources": "tasks and results do what they did",
		"conditions": "when expressions do what they did",
	},
}

# own are the resources of groups of which it is known that there are no others.
own := {
	"apps": of.apps,
	"batch": of.batch,
	"tekton.dev": {"tasks", "taskruns", "pipelines", "pipelineruns", "customruns", "runs", "stepactions", "verificationpolicies"},
	"triggers.tekton.dev": {"eventlisteners", "triggers", "triggerbindings", "triggertemplates", "clustertriggerbindings", "clusterinterceptors", "interceptors"},
}
