package rules

import "tenon.dev/tenon/internal/finding"

var graphPlatform = []finding.Rule{
	{
		ID: "graph/budget-selects-nothing", Severity: finding.Error, Lowest: &warning,
		Title: "A disruption budget selects pods",
		Why: "A PodDisruptionBudget without pods, or without minAvailable and maxUnavailable, protects nothing: draining a node evicts what it was meant for, and nothing says " +
			"so before.",
		Remedy: "select labels that the pods have",
		Links:  []string{"https://kubernetes.io/docs/tasks/run-application/configure-pdb/"},
	},
	{
		ID: "graph/checklist", Severity: finding.Error,
		Title: "The infrastructure that is needed is there",
		Why: "facts.checklist says that an operator or service is missing from the cluster: what stands on it stays Pending or is " +
			"refused.",
		Remedy: "install it, and say ready in facts.checklist",
		Links:  []string{"https://kubernetes.io/docs/setup/production-environment/"},
	},
	{
		ID: "graph/denied-by-order", Severity: finding.Error,
		Title: "What an Argo CD sync waits for may start when it does",
		Why: "Argo CD waits for the pods of an earlier phase or wave to be healthy, and their image is denied until the " +
			"ClusterImagePolicy of a later wave is there: a first sync hangs for ever, though later ones pass.",
		Remedy: "give the policy an earlier argocd.argoproj.io/sync-wave than every pod that it covers",
		Links:  []string{"https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/"},
	},
	{
		ID: "graph/duplicate-object", Severity: finding.Error, Lowest: &info,
		Title: "An object is defined once",
		Why: "The one that is applied last wins, by an order that nobody chose; Argo CD warns of RepeatedResourceWarning. An error " +
			"within a file or with --complete, a warning in one folder, information across folders.",
		Remedy: "remove or rename one of them",
		Links:  []string{"https://kubernetes.io/docs/concepts/overview/working-with-objects/names/"},
	},
	{
		ID: "graph/environment-name", Severity: finding.Error,
		Title: "A folder describes the environment of its name",
		Why: "The folder's name is the target's and the overlay's; another name within it would render one environment under the " +
			"other's name.",
		Remedy: "write environment as the folder is called",
		Links:  []string{language},
	},
	{
		ID: "graph/metric-not-exported", Severity: finding.Warning,
		Title: "A metric that is named is exported",
		Why: "An alert on a metric that nothing exports or records never fires, a panel says No data, and an autoscaler gets no " +
			"value: mostly the exporter has renamed it.",
		Remedy: "use a metric that is exported, or state it in facts.metrics",
		Links:  []string{"https://github.com/NVIDIA/dcgm-exporter/blob/main/etc/default-counters.csv"},
	},
	{
		ID: "graph/monitor-selects-nothing", Severity: finding.Error, Lowest: &warning,
		Title: "A monitor selects something to scrape",
		Why: "Prometheus scrapes nothing and reports no error, since there is no target. A ServiceMonitor selects the labels of " +
			"the Service, not of its pods, and looks in its own namespace unless namespaceSelector says otherwise.",
		Remedy: "select labels that the Service or the pods have, and name their namespace in namespaceSelector",
		Links:  []string{"https://prometheus-operator.dev/docs/developer/getting-started/"},
	},
	{
		ID: "graph/parallel-without-fallback", Severity: finding.Error,
		Title: "The status of every commit is set",
		Why: "With parallel the former CI is to run all commits, and no fallback says how: nobody sets the aggregate context, and " +
			"pull requests wait for a required status that never comes.",
		Remedy: "state fallback, or leave out parallel",
		Links:  []string{checks},
	},
	{
		ID: "graph/phase-not-found", Severity: finding.Error,
		Title:  "An environment is in a phase that there is",
		Why:    "Argo CD syncs the overlay of the environment's phase; one that the platform does not have is never rendered.",
		Remedy: "use a phase of the platform",
		Links:  []string{language},
	},
	{
		ID: "graph/promql", Severity: finding.Error,
		Title: "A PromQL query parses",
		Why: "Prometheus refuses the whole group of rules, and with it every other alert of the group; the operator rejects the " +
			"PrometheusRule. Dashboards show an error in the panel.",
		Remedy: "mend the expression",
		Links:  []string{"https://prometheus.io/docs/prometheus/latest/querying/basics/"},
	},
	{
		ID: "graph/required-context", Severity: finding.Error,
		Title: "A required status context is reported for every commit",
		Why: "Branch protection waits for ever for a context that some commits never get (Expected - Waiting for status to be " +
			"reported): those of forks, or those that the other CI runs, cannot be merged.",
		Remedy: "require the aggregate context",
		Links:  []string{checks},
	},
	{
		ID: "graph/scale-target-not-found", Severity: finding.Error, Lowest: &warning,
		Title:  "The target of a HorizontalPodAutoscaler exists",
		Why:    "The autoscaler stays at FailedGetScale and scales nothing; under load there are as many pods as before.",
		Remedy: "name a workload that exists in the namespace",
		Links:  []string{"https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/"},
	},
	{
		ID: "graph/shared-cluster-object", Severity: finding.Error,
		Title: "A cluster-scoped object belongs to one environment",
		Why: "Two environments on one cluster both own the object: Argo CD warns of SharedResourceWarning, whichever syncs last " +
			"wins, and pruning one takes it from the other.",
		Remedy: "give each environment its own cluster, or its own platform name",
		Links:  []string{argo},
	},
	{
		ID: "graph/shared-differs", Severity: finding.Error,
		Title: "Objects outside the environments are stated the same by all",
		Why: "What Argo CD itself reads, such as the ApplicationSet, exists once for all environments; where one states it " +
			"differently, only one of the two can be written.",
		Remedy: "move what it is made of to the files that all environments share",
		Links:  []string{argo},
	},
	{
		ID: "graph/two-deciders", Severity: finding.Error,
		Title: "One environment sets the status of a commit",
		Why: "Both environments run the same repository and report under the same context: the last to end wins, so that a failure " +
			"can turn green.",
		Remedy: "name the one that decides in notebooks.status.environment, in a file that all environments share",
		Links:  []string{checks},
	},
}
