package rules

import "tenon.dev/tenon/internal/finding"

var graphPlacement = []finding.Rule{
	{
		ID: "graph/assistant-apart", Severity: finding.Error,
		Title: "Pods that share a claim can run on one node",
		Why: "The affinity assistant (coschedule: workspaces, Tekton's default) keeps all pods of a workspace with a claim on the " +
			"node of its own pod, which the run's podTemplate alone places. A task of another pool, as for GPUs, stays Pending: " +
			"didn't match pod affinity rules.",
		Remedy: "share files between pools by a volume of the tasks, place the run's podTemplate in the same pool, or set coschedule " +
			"knowingly",
		Links: []string{assist},
	},
	{
		ID: "graph/gpu-memory", Severity: finding.Error,
		Title: "A notebook fits into its share of a GPU's memory",
		Why: "Time-slicing divides no memory: notebooks that share a GPU run each other out of it (CUDA out of memory), now and " +
			"then and not in the one at fault. A MIG instance has the memory of its profile.",
		Remedy: "choose a pool with larger GPUs, or share them less",
		Links:  []string{"https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-sharing.html"},
	},
	{
		ID: "graph/memlock", Severity: finding.Error,
		Title: "Locked memory is used where nodes allow it",
		Why: "No field of a pod raises RLIMIT_MEMLOCK: the container runtime of the node gives it. Pinned buffers, RDMA and NCCL " +
			"then fail to register memory (Cannot allocate memory).",
		Remedy: "raise LimitMEMLOCK of the container runtime on these nodes and say memlock: true of the pool, or leave memlock out " +
			"of the task",
		Links: []string{"https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/"},
	},
	{
		ID: "graph/more-than-one-slice", Severity: finding.Error,
		Title: "A notebook asks for one slice of a time-sliced GPU",
		Why: "Several slices give no more compute than one, and the device plugin refuses such pods (failRequestsGreaterThanOne: " +
			"UnexpectedAdmissionError).",
		Remedy: "ask for one GPU, or do not share the GPUs of the pool",
		Links:  []string{"https://github.com/NVIDIA/k8s-device-plugin#shared-access-to-gpus"},
	},
	{
		ID: "graph/never-started", Severity: finding.Error,
		Title: "Something starts each pipeline of a platform",
		Why: "A pipeline that no trigger starts gets no run, and it is the run that has nodes, tolerations, an account and volumes: " +
			"whoever creates one by hand finds its pods Pending.",
		Remedy: "write a trigger for it: on events, at times, or manual: true, for which a sample run lies beside the overlay",
		Links:  []string{"https://tekton.dev/docs/pipelines/pipelineruns/"},
	},
	{
		ID: "graph/forge-repository", Severity: finding.Error,
		Title: "Repositories lie on the platform's forge",
		Why: "Each forge signs and names its events in its own way, and is told of a commit's runs by its own API: a listener for " +
			"GitHub refuses what GitLab sends.",
		Remedy: "write the forge of the repository, or name another repository",
		Links:  []string{"https://tekton.dev/docs/triggers/interceptors/"},
	},
	{
		ID: "graph/no-pool-matches", Severity: finding.Error,
		Title: "A pod's nodeSelector and affinity match a node pool",
		Why: "The pod stays Pending: node(s) didn't match Pod's node affinity/selector. The cluster autoscaler adds no node for " +
			"it, and the run waits until its timeout.",
		Remedy: "select labels that a pool has",
		Links:  []string{placing},
	},
	{
		ID: "graph/no-room-for-node", Severity: finding.Error,
		Title: "A timeout leaves time for a node to start",
		Why: "Tekton counts from the creation of the TaskRun: in a pool that scales from zero, the start of the node and the pull " +
			"of the image use the timeout up, and the task ends as TaskRunTimeout before it began.",
		Remedy: "give the task that much more, keep a node with nodes.min, or pre-pull the images",
		Links:  []string{runs + "#configuring-a-failure-timeout"},
	},
	{
		ID: "graph/queue-promise", Severity: finding.Error,
		Title: "Queues promise what the pools have",
		Why: "The nominal quotas of all ClusterQueues of a cohort together are what Kueue admits at the same time: where they say " +
			"more than the nodes have, pods are admitted that no node takes, and hold what others wait for.",
		Remedy: "promise the teams no more GPUs than the pool has, and the platform's own queue keeps the rest",
		Links:  []string{"https://kueue.sigs.k8s.io/docs/concepts/cluster_queue/#resources"},
	},
	{
		ID: "graph/other-device", Severity: finding.Error,
		Title: "Pools that stand for each other offer the same device",
		Why: "A pod asks for one resource, nvidia.com/gpu or one of nvidia.com/mig-*: a pool in orPools that offers another never " +
			"takes it, so that the alternative exists on paper only.",
		Remedy: "name pools in orPools that share their GPUs in the same way",
		Links:  []string{gpus},
	},
	{
		ID: "graph/pool-size", Severity: finding.Error,
		Title:  "A pool's nodes.max is not below its nodes.min",
		Why:    "Autoscalers and node groups refuse such a size, and the pool's room is computed from it.",
		Remedy: "raise nodes.max or lower nodes.min",
		Links:  []string{language},
	},
	{
		ID: "graph/priority-not-found", Severity: finding.Error,
		Title:  "A PriorityClass that is named exists",
		Why:    "The admission plugin refuses every pod of the task: no PriorityClass with name ... was found.",
		Remedy: "name a key of priorityClasses",
		Links:  []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/"},
	},
	{
		ID: "graph/quota-too-small", Severity: finding.Error,
		Title: "A ResourceQuota has room for the phase's concurrent runs",
		Why: "What is above the quota is refused (exceeded quota) and tried again; the TaskRun waits as ExceededResourceQuota, and " +
			"the timeouts of the run count the wait. It is noticed on the first busy day.",
		Remedy: "raise the quota, or lower concurrentRuns of the phase",
		Links:  []string{"https://kubernetes.io/docs/concepts/policy/resource-quotas/"},
	},
	{
		ID: "graph/quota-unbalanced", Severity: finding.Warning,
		Title: "A quota's memory and cpu last as long as its GPUs",
		Why: "The last GPUs of the quota can never be used: the pods that ask for them are refused for memory or cpu (exceeded " +
			"quota), while expensive nodes stand idle.",
		Remedy: "raise the quota's memory or cpu, or lower its number of GPUs",
		Links:  []string{"https://kubernetes.io/docs/concepts/policy/resource-quotas/"},
	},
	{
		ID: "graph/quota-without-defaults", Severity: finding.Error,
		Title: "Every container asks for what a ResourceQuota counts",
		Why: "Once a quota counts cpu or memory, the API server refuses each pod with a container that says nothing of it: failed " +
			"quota: ... must specify cpu. A LimitRange fills it in.",
		Remedy: "add a LimitRange with defaultRequest to the namespace, or requests to every container",
		Links:  []string{"https://kubernetes.io/docs/concepts/policy/limit-range/"},
	},
	{
		ID: "graph/taint-not-tolerated", Severity: finding.Error,
		Title: "A pod tolerates the taints of its pool",
		Why: "The pod stays Pending: node(s) had untolerated taint. GPU nodes are tainted so that nothing else lands there; the " +
			"run waits until its timeout.",
		Remedy: "tolerate the taint in taskRunSpecs or the podTemplate of the run",
		Links:  []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/"},
	},
	{
		ID: "graph/too-large-for-pools", Severity: finding.Error,
		Title: "A pod's requests fit on one node",
		Why: "The steps and sidecars of a task are containers of one pod, and their requests add up. The pod stays Pending " +
			"(Insufficient cpu, memory or nvidia.com/gpu), the TaskRun as ExceededNodeResources, and no autoscaler can help.",
		Remedy: "ask for what one node of a pool offers, or declare a larger pool",
		Links:  []string{"https://tekton.dev/docs/pipelines/compute-resources/"},
	},
}
