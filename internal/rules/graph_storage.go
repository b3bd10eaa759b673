package rules

import "tenon.dev/tenon/internal/finding"

var graphStorage = []finding.Rule{
	{
		ID: "graph/access-mode", Severity: finding.Error,
		Title: "A StorageClass can give the access mode that a claim wants",
		Why: "Block storage (EBS, Persistent Disk, Azure Disk, Ceph RBD, local folders) is mounted by one node at a time: " +
			"provisioning of a ReadWriteMany claim fails, the claim stays Pending, and so do its pods (unbound immediate " +
			"PersistentVolumeClaims).",
		Remedy: "use a class of a shared file system, or ReadWriteOnce",
		Links:  []string{volumes + "#access-modes"},
	},
	{
		ID: "graph/claim-not-found", Severity: finding.Error, Lowest: &warning,
		Title:  "A PersistentVolumeClaim that is named exists",
		Why:    "The pod stays Pending: persistentvolumeclaim \"...\" not found. A TaskRun waits until its timeout.",
		Remedy: "create it, or name one that exists in the namespace",
		Links:  []string{volumes},
	},
	{
		ID: "graph/claim-shared", Severity: finding.Warning,
		Title: "A ReadWriteOnce claim is used by one workload at a time",
		Why: "A disk is attached to one node: the second pod waits for it (Multi-Attach error for volume), or stays Pending on " +
			"another node. With replicas or runs side by side that happens under load only.",
		Remedy: "use a class of a shared file system with ReadWriteMany, or a claim for each run by volumeClaimTemplate",
		Links:  []string{volumes + "#access-modes"},
	},
	{
		ID: "graph/claim-too-small", Severity: finding.Warning,
		Title: "A claim has the size that its class needs",
		Why: "EBS gives at most 500 IOPS for each GiB, so that a small claim does not get the class's iops; Filestore rounds a " +
			"small claim up to the least size of its tier, and bills that.",
		Remedy: "ask for the size that the message names, or use another class",
		Links:  []string{classes},
	},
	{
		ID: "graph/driver-not-installed", Severity: finding.Error,
		Title: "The CSI driver of a StorageClass is installed",
		Why: "Nobody provisions claims of the class: they stay Pending (\"waiting for a volume to be created by the external " +
			"provisioner\"), and so do their pods.",
		Remedy: "install it and state it in facts.csiDrivers, or use a driver that is there",
		Links:  []string{classes + "#provisioner"},
	},
	{
		ID: "graph/group-not-applied", Severity: finding.Warning,
		Title: "fsGroup takes effect on the volumes of a pod",
		Why: "Kubernetes leaves the owner of folders of a node alone (local-path, hostpath of minikube and MicroK8s): steps that " +
			"are not root get \"Permission denied\" on the claim, often only on developers' clusters.",
		Remedy: "use a class whose driver applies fsGroup, or make the folder writable for the user where it is made",
		Links:  []string{"https://kubernetes.io/docs/tasks/configure-pod-container/security-context/#configure-volume-permission-and-ownership-change-policy-for-pods"},
	},
	{
		ID: "graph/storage-class-not-found", Severity: finding.Error, Lowest: &warning,
		Title:  "A StorageClass that is named exists",
		Why:    "storageclass.storage.k8s.io \"...\" not found: the claim stays Pending, and every pod that mounts it.",
		Remedy: "name a class that exists, or state it in facts.storageClasses",
		Links:  []string{classes},
	},
	{
		ID: "graph/two-claims", Severity: finding.Error,
		Title: "A task binds one claim",
		Why: "With the affinity assistant (coschedule: workspaces, Tekton's default) a TaskRun may bind one claim. It is refused " +
			"when it is due, \"more than one PersistentVolumeClaim is bound\", after the tasks before it have run.",
		Remedy: "bind both workspaces to folders of one claim, mount one as a volume of the task, or set coschedule in Tekton's " +
			"feature-flags and facts.tekton",
		Links: []string{assist},
	},
	{
		ID: "graph/volume-not-found", Severity: finding.Error, Lowest: &warning,
		Title: "A volume that is mounted is declared",
		Why: "Tekton does not look at volumeMounts: the API server refuses the pod when the run starts (volumeMounts[0].name: Not " +
			"found), unless the run's podTemplate brings the volume.",
		Remedy: "declare it in the task's volumes, or mount one that is there",
		Links:  []string{tasks + "#specifying-volumes"},
	},
	{
		ID: "graph/config-map-key-not-found", Severity: finding.Error, Lowest: &warning,
		Title: "A key of a ConfigMap that is named exists",
		Why: "A container that takes a variable from a key that is not there stays in CreateContainerConfigError; a volume that takes " +
			"one is never mounted. Neither ends by itself.",
		Remedy: "correct the key, or say optional: true",
		Links:  []string{"https://kubernetes.io/docs/concepts/configuration/configmap/"},
	},
}
