package rules

import "tenon.dev/tenon/internal/finding"

const ingress = "https://kubernetes.io/docs/concepts/services-networking/ingress/"

// graphAdvice are rules about workloads and what leads to them: most say what would be better.
var graphAdvice = []finding.Rule{
	{
		ID: "graph/pod-hardening", Severity: finding.Info,
		Title: "Who breaks into a pod finds little",
		Why: "A root file system that is written to keeps what an attacker downloads; a token of the API server that the program has no use for is one " +
			"for him; secrets in environment variables are in crash reports and child processes; user ids below 10000 and the root group own files of " +
			"the node; without a NetworkPolicy every pod of the cluster reaches it. One line for each workload.",
		Remedy: "write readOnlyRootFilesystem, automountServiceAccountToken: false, and mount secrets as files",
		Links:  []string{"https://kubernetes.io/docs/concepts/security/application-security-checklist/"},
	},
	{
		ID: "graph/pod-resources", Severity: finding.Info,
		Title: "Containers say all that they take",
		Why: "Without a limit of memory one leak takes the node's; without a request the scheduler counts nothing; without a word on " +
			"ephemeral-storage logs and caches fill the node's disk until it evicts pods. One line for each workload.",
		Remedy: "write requests of cpu and memory, a limit of memory, and one of ephemeral-storage where it writes files",
		Links:  []string{"https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"},
	},
	{
		ID: "graph/pod-availability", Severity: finding.Info,
		Title: "A workload is there when it is asked",
		Why: "Without a readinessProbe requests come before the program listens; one replica, replicas on one node, or none that a budget " +
			"keeps are away while a node is drained; a Job without activeDeadlineSeconds hangs for ever. One line for each workload.",
		Remedy: "write probes, two replicas that are spread, and a PodDisruptionBudget; nothing, if nobody waits for it",
		Links:  []string{"https://kubernetes.io/docs/concepts/workloads/pods/disruptions/"},
	},
	{
		ID: "graph/namespace-level", Severity: finding.Info,
		Title: "A namespace enforces a Pod Security level",
		Why: "Without the label pod-security.kubernetes.io/enforce whoever may create a pod there takes the node: its " +
			"file system, its network, the credentials of all other pods on it.",
		Remedy: "label it pod-security.kubernetes.io/enforce: baseline, or restricted; nothing, if agents of the nodes run there",
		Links:  []string{security},
	},
	{
		ID: "graph/registry-not-allowed", Severity: finding.Error,
		Title: "Images come from registries that are allowed",
		Why: "facts.registries says which ones the cluster takes images from. An admission policy refuses others; without one, an image of a " +
			"name that somebody else owns is run.",
		Remedy: "take the image from one of them, or state its registry in facts.registries",
		Links:  []string{"https://kubernetes.io/docs/concepts/containers/images/"},
	},
	{
		ID: "graph/service-exposed", Severity: finding.Warning, Lowest: &info,
		Title: "What is reached from outside of the cluster is meant to be",
		Why: "A NodePort is open on every node, a LoadBalancer to the internet unless loadBalancerSourceRanges or an internal class keep it; " +
			"neither asks for TLS or a password. externalIPs, a warning, take over addresses that belong to others.",
		Remedy: "use ClusterIP behind an Ingress or Gateway, or write loadBalancerSourceRanges; nothing, if that is meant",
		Links:  []string{services},
	},
	{
		ID: "graph/external-name-local", Severity: finding.Warning,
		Title:  "A Service of type ExternalName leads elsewhere",
		Why:    "externalName: localhost has an ingress controller or proxy ask itself, with its own rights: its admin port and metrics become reachable.",
		Remedy: "name a host elsewhere",
		Links:  []string{services + "#externalname"},
	},
	{
		ID: "graph/ingress-snippet", Severity: finding.Warning,
		Title: "An Ingress does not write its controller's configuration",
		Why: "Snippets, lua and paths with directives run in the ingress controller, which has the certificates and tokens of all namespaces " +
			"(CVE-2021-25742, CVE-2021-25745).",
		Remedy: "use an annotation for what is meant; a path is only a path",
		Links:  []string{"https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations-risk/"},
	},
	{
		ID: "graph/ingress-annotation", Severity: finding.Warning,
		Title: "An annotation of an Ingress is one that its controller has",
		Why: "A controller passes over names that it does not know: the sign-in, the limit or the redirect that was meant is not there, and nothing " +
			"says so. Known are those of ingress-nginx, the AWS Load Balancer Controller and Traefik.",
		Remedy: "correct its name",
		Links:  []string{"https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/"},
	},
	{
		ID: "graph/queue-not-found", Severity: finding.Warning,
		Title:  "A queue of Kueue exists, and what it stands on",
		Why:    "Kueue keeps a workload suspended whose LocalQueue, ClusterQueue or ResourceFlavor is not there, and says so in an event only.",
		Remedy: "create it, or name one that exists",
		Links:  []string{"https://kueue.sigs.k8s.io/docs/concepts/local_queue/"},
	},
	{
		ID: "graph/queue-without-resource", Severity: finding.Warning,
		Title:  "A queue has quota of the GPUs that are asked of it",
		Why:    "A ClusterQueue admits nothing that asks for a resource which none of its resource groups covers: the workload waits for ever.",
		Remedy: "add the resource to coveredResources and to a flavor of the queue",
		Links:  []string{"https://kueue.sigs.k8s.io/docs/concepts/cluster_queue/#resources"},
	},
	{
		ID: "graph/memory-volume", Severity: finding.Warning,
		Title: "A volume in memory fits into the memory limit",
		Why: "What is written to an emptyDir of medium Memory counts as memory of the container that writes it: a data loader with a /dev/shm of " +
			"64Gi under a limit of 16Gi is killed long before the volume is full.",
		Remedy: "raise the memory limit above the volume and what the program takes, or lower sizeLimit",
		Links:  []string{"https://kubernetes.io/docs/concepts/storage/volumes/#emptydir"},
	},
	{
		ID: "graph/gpu-without-timeout", Severity: finding.Warning, Lowest: &info,
		Title: "Who holds a GPU says for how long",
		Why: "A training that takes longer than Tekton's default of an hour is ended without its results; one that hangs under a timeout of 0 " +
			"holds the GPU until somebody looks, which is a warning.",
		Remedy: "write a timeout of the task, or timeouts.pipeline of the run",
		Links:  []string{"https://tekton.dev/docs/pipelines/pipelineruns/#configuring-a-failure-timeout"},
	},
	{
		ID: "graph/gpu-not-tolerated", Severity: finding.Info,
		Title: "A pod tolerates the taint of GPU nodes",
		Why: "Clouds and operators taint nodes with GPUs, so that others stay off them. The admission plugin ExtendedResourceToleration " +
			"tolerates the taint for who asks for GPUs, and is not on everywhere. Asked only where no pools are stated.",
		Remedy: "tolerate nvidia.com/gpu (operator Exists), or state the pools in facts",
		Links:  []string{"https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#extendedresourcetoleration"},
	},
	{
		ID: "graph/ingress-any-host", Severity: finding.Info,
		Title:  "An Ingress names its host",
		Why:    "Without a host, or with a wildcard, it takes requests for hosts of other teams that have no Ingress of their own yet.",
		Remedy: "name the host",
		Links:  []string{ingress},
	},
	{
		ID: "graph/ingress-tls-hosts", Severity: finding.Warning,
		Title:  "Each host of an Ingress has a certificate",
		Why:    "A host that spec.tls does not name is served with the controller's own certificate, which clients refuse, or in clear.",
		Remedy: "name the host in spec.tls",
		Links:  []string{ingress + "#tls"},
	},
	{
		ID: "graph/ingress-conflict", Severity: finding.Warning, Lowest: &info,
		Title: "One Ingress has a host and path",
		Why: "Two that have the same are both taken; which of them gets a request depends on the controller, often on which is older. " +
			"Where both lead to the same Service, that is an info: one of them is left over.",
		Remedy: "use one of them, or another path",
		Links:  []string{ingress},
	},
	{
		ID: "graph/autoscaler-conflict", Severity: finding.Warning,
		Title:  "One autoscaler scales a workload",
		Why:    "Two HorizontalPodAutoscalers of one target undo each other (AmbiguousSelector): replicas go up and down without end.",
		Remedy: "put the metrics of both into one",
		Links:  []string{"https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/"},
	},
	{
		ID: "graph/autoscaler-fixed", Severity: finding.Info,
		Title:  "An autoscaler has something to scale between",
		Why:    "Where minReplicas is maxReplicas it never scales, and who reads it believes that it does.",
		Remedy: "raise maxReplicas, or leave the autoscaler out",
		Links:  []string{"https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/"},
	},
	{
		ID: "graph/automounted-token", Severity: finding.Info,
		Title: "Pods ask for the token of their account",
		Why: "automountServiceAccountToken true of a ServiceAccount, and nothing of the default one, put a token of the API server into the file " +
			"system of each of its pods, those that never ask the API server too. Said of accounts that no binding in sight names.",
		Remedy: "write automountServiceAccountToken: false, and true in the pods that ask the API server",
		Links:  []string{"https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#opt-out-of-api-credential-automounting"},
	},
	{
		ID: "graph/hostname-conflict", Severity: finding.Warning,
		Title:  "One object has a name of ExternalDNS",
		Why:    "ExternalDNS makes one record of a name: two Services or Ingresses that ask for it take it from each other, or one waits for ever.",
		Remedy: "give each a name of its own",
		Links:  []string{"https://kubernetes-sigs.github.io/external-dns/latest/docs/annotations/annotations/"},
	},
	{
		ID: "graph/autoscaler-replicas", Severity: finding.Warning,
		Title: "A workload that is scaled writes no replicas",
		Why: "Each kubectl apply, or sync of Argo CD, sets the replicas that are written: pods that the autoscaler has added are killed under " +
			"load, and it adds them again.",
		Remedy: "leave replicas out",
		Links:  []string{"https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#migrating-deployments-and-statefulsets-to-horizontal-autoscaling"},
	},
}
