package rules

import "tenon.dev/tenon/internal/finding"

var graphNetwork = []finding.Rule{
	{
		ID: "graph/api-by-service-only", Severity: finding.Warning,
		Title: "Network policies let the API server's endpoints through, not only its Service",
		Why: "kube-router, Calico and Antrea judge a packet after the Service's address was replaced by that of an endpoint, " +
			"Cilium by its entity. An ipBlock of the Service's address alone then cuts off kubectl, controllers and listeners: " +
			"dial tcp ...:443: i/o timeout.",
		Remedy: "add the addresses that kubectl get endpointslices -l kubernetes.io/service-name=kubernetes lists, with Cilium " +
			"toEntities: [kube-apiserver]",
		Links: []string{policies},
	},
	{
		ID: "graph/api-unreachable", Severity: finding.Error,
		Title: "Pods that talk to the API server may reach it",
		Why: "The API server is no pod: neither podSelector nor namespaceSelector covers it. An EventListener, operator or script " +
			"with kubectl under such an egress policy gets i/o timeout and starts nothing.",
		Remedy: "add an egress rule with an ipBlock for the API server's addresses, port 443 or 6443",
		Links:  []string{policies},
	},
	{
		ID: "graph/network-policy-selects-nothing", Severity: finding.Error, Lowest: &warning,
		Title: "A network policy selects pods",
		Why: "The policy isolates no pod, and what it was to forbid goes on; nothing on the cluster says so. Tekton labels the " +
			"pods of runs app.kubernetes.io/managed-by: tekton-pipelines.",
		Remedy: "select labels that pods of the namespace have",
		Links:  []string{policies},
	},
	{
		ID: "graph/network-policy-peer-not-found", Severity: finding.Error, Lowest: &warning,
		Title:  "The peers of a network policy are pods",
		Why:    "A peer by podSelector alone is of the policy's own namespace. Where no pod there has the labels, nobody is let through, and who was meant is shut out without a word.",
		Remedy: "select labels that pods have; for pods of another namespace write namespaceSelector beside podSelector",
		Links:  []string{policies},
	},
	{
		ID: "graph/no-dns", Severity: finding.Error, Lowest: &warning,
		Title: "Pods may resolve names",
		Why: "Once an egress policy selects a pod, names resolve only if a rule allows port 53: git clone, pip and pulls within " +
			"steps end in \"Temporary failure in name resolution\" or \"could not resolve host\". UDP alone is a warning: long " +
			"answers come by TCP.",
		Remedy: "allow port 53 UDP and TCP to k8s-app: kube-dns in kubernetes.io/metadata.name: kube-system",
		Links:  []string{policies},
	},
	{
		ID: "graph/node-port-taken", Severity: finding.Error,
		Title: "A nodePort is asked for once",
		Why: "The API server refuses the second Service: provided port is already allocated. The sync fails, whichever namespaces " +
			"the two are in.",
		Remedy: "leave nodePort out, so that a free one is drawn, or go through an Ingress",
		Links:  []string{services + "#type-nodeport"},
	},
	{
		ID: "graph/port-not-found", Severity: finding.Error, Lowest: &info,
		Title: "A port that is named exists",
		Why: "A Service with a targetPort that no container names has no endpoints for it; an Ingress to such a port answers 503, " +
			"and a ServiceMonitor scrapes nothing.",
		Remedy: "name a port that is there",
		Links:  []string{services + "#field-spec-ports"},
	},
	{
		ID: "graph/service-not-found", Severity: finding.Error, Lowest: &warning,
		Title: "The Service that an Ingress routes to exists",
		Why: "The Ingress is accepted, and requests end in 503: webhooks of the forge are lost. For an EventListener, Triggers " +
			"makes the Service el-NAME.",
		Remedy: "name a Service that exists in the namespace",
		Links:  []string{"https://kubernetes.io/docs/concepts/services-networking/ingress/"},
	},
	{
		ID: "graph/service-selects-nothing", Severity: finding.Error, Lowest: &warning,
		Title: "A Service selects pods",
		Why: "A Service without endpoints refuses every connection; no event or status says so. Mostly the labels of the pod " +
			"template were changed and the selector was not.",
		Remedy: "select labels that the pods have",
		Links:  []string{services},
	},
	{
		ID: "graph/budget-blocks-drains", Severity: finding.Warning, Lowest: &info,
		Title: "A disruption budget lets a pod be evicted",
		Why: "With minAvailable of all replicas, or maxUnavailable 0, the eviction API refuses every eviction: kubectl drain, upgrades of " +
			"nodes and Karpenter's consolidation wait for ever. It refuses pods of two budgets, too. An autoscaler's minimum counts, where there is one. That pods which are broken " +
			"are kept, too, unless unhealthyPodEvictionPolicy says otherwise, is an info.",
		Remedy: "let at least one pod be away",
		Links:  []string{"https://kubernetes.io/docs/tasks/run-application/configure-pdb/"},
	},
	{
		ID: "graph/service-not-headless", Severity: finding.Warning,
		Title: "The Service of a StatefulSet is headless",
		Why: "serviceName gives each pod a name in DNS (web-0.web), which Kubernetes makes for a Service with clusterIP: None alone: " +
			"members that look for each other find nobody.",
		Remedy: "name a Service with clusterIP: None",
		Links:  []string{"https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-network-id"},
	},
}
