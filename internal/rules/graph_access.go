package rules

import "tenon.dev/tenon/internal/finding"

var graphAccess = []finding.Rule{
	{
		ID: "graph/account-not-allowed", Severity: finding.Error, Lowest: &warning,
		Title: "A ServiceAccount has the rights that are used in its name",
		Why: "A listener without get, list and watch of what it is made of does not start; one that may not create runs answers " +
			"202 and creates nothing. Scripts with kubectl or tkn end in \"Error from server (Forbidden): ... cannot list " +
			"resource\".",
		Remedy: "bind the account to a Role with the missing rights; listeners to the shipped tekton-triggers-eventlistener-roles and " +
			"-clusterroles",
		Links: []string{rbac},
	},
	{
		ID: "graph/account-not-found", Severity: finding.Error, Lowest: &warning,
		Title: "A ServiceAccount that is named exists",
		Why: "The API server refuses the pod: error looking up service account ...: serviceaccount \"...\" not found. A binding to " +
			"an account that does not exist grants nobody anything.",
		Remedy: "create it, or name one that exists in the namespace",
		Links:  []string{"https://kubernetes.io/docs/concepts/security/service-accounts/"},
	},
	{
		ID: "graph/config-map-not-found", Severity: finding.Error, Lowest: &warning,
		Title: "A ConfigMap that is named exists",
		Why: "The pod does not start: CreateContainerConfigError for a variable, \"MountVolume.SetUp failed ... configmap not " +
			"found\" for a volume.",
		Remedy: "create it or correct the name, or mark the reference optional",
		Links:  []string{"https://kubernetes.io/docs/concepts/configuration/configmap/"},
	},
	{
		ID: "graph/config-map-unused", Severity: finding.Info,
		Title: "A ConfigMap is used",
		Why: "It has no effect, unless a program asks the API server for it: often the name was changed in one place only. " +
			"ConfigMaps with labels are left out, since programs find these by them.",
		Remedy: "mount it, name it where it belongs, or remove it",
		Links:  []string{"https://kubernetes.io/docs/concepts/configuration/configmap/"},
	},
	{
		ID: "graph/init-user", Severity: finding.Warning,
		Title: "Tekton's own init containers have a user",
		Why: "With set-security-context Tekton's init containers must not run as root, and Tekton names no user for them: with an " +
			"image whose user is root the pod does not start (CreateContainerConfigError: container has runAsNonRoot and image " +
			"will run as root).",
		Remedy: "set securityContext.runAsUser in the podTemplate of the run",
		Links:  []string{security},
	},
	{
		ID: "graph/pod-level", Severity: finding.Error,
		Title: "A pod meets the Pod Security level that its namespace enforces",
		Why: "The API server refuses the pod: violates PodSecurity \"restricted:latest\". A Deployment then has no pods and says " +
			"so in an event of its ReplicaSet only; a TaskRun fails.",
		Remedy: "set the securityContext of each container, and runAsNonRoot and seccompProfile of the pod, as the level asks",
		Links:  []string{security},
	},
	{
		ID: "graph/pod-security", Severity: finding.Error,
		Title: "Tekton's own containers meet the Pod Security level of the namespace",
		Why: "In a namespace that enforces restricted, Tekton's init containers violate PodSecurity unless its feature flag " +
			"set-security-context is true: every TaskRun fails, whatever its steps say.",
		Remedy: "set set-security-context to true in Tekton's feature-flags and state it in facts.tekton.setSecurityContext",
		Links:  []string{"https://tekton.dev/docs/pipelines/additional-configs/#running-taskruns-and-pipelineruns-with-restricted-pod-security-standards"},
	},
	{
		ID: "graph/reserved-name", Severity: finding.Warning,
		Title: "Objects of installed operators keep their names",
		Why: "Triggers ships a ClusterRole of that name: whichever is applied last wins, Argo CD and the operator take it from " +
			"each other, and the next upgrade takes this one back.",
		Remedy: "give it a name of its own, or bind the one that is shipped",
		Links:  []string{rbac},
	},
	{
		ID: "graph/role-not-found", Severity: finding.Error, Lowest: &warning,
		Title:  "A Role or ClusterRole that is bound exists",
		Why:    "The API server takes a binding to a role that does not exist: it grants nothing, and the account gets Forbidden.",
		Remedy: "create the role, name one that exists, or state it in facts.clusterRoles",
		Links:  []string{rbac},
	},
	{
		ID: "graph/role-unbound", Severity: finding.Info,
		Title: "A role is bound to a subject",
		Why: "A role by itself grants nothing: either the binding was forgotten or misnamed, or the role is left over and will be " +
			"bound one day without review.",
		Remedy: "bind it, or remove it",
		Links:  []string{rbac},
	},
	{
		ID: "graph/secret-key-not-found", Severity: finding.Error, Lowest: &warning,
		Title: "A key of a Secret that is named exists",
		Why: "The pod does not start: CreateContainerConfigError, couldn't find key ... in Secret. A listener whose webhook secret " +
			"lacks the key refuses every event.",
		Remedy: "correct the key here or in facts.secrets",
		Links:  []string{secrets},
	},
	{
		ID: "graph/secret-not-found", Severity: finding.Error, Lowest: &warning,
		Title: "A Secret that is named exists",
		Why: "Pods wait in CreateContainerConfigError (secret \"...\" not found) or ContainerCreating, pulls are tried without the " +
			"credential, and a listener refuses every event. Secrets that ExternalSecrets make, and those of facts.secrets, " +
			"count.",
		Remedy: "state it in facts.secrets with its keys, or correct the name",
		Links:  []string{secrets},
	},
	{
		ID: "graph/pod-baseline", Severity: finding.Warning,
		Title: "A pod meets Pod Security baseline",
		Why: "Where a namespace enforces no level every pod is let in. What baseline refuses gives a pod a part of the node: ports of the " +
			"node, capabilities beyond a runtime's own, profiles that are switched off, kernel settings.",
		Remedy: "take it away, or run the pod where a namespace says privileged",
		Links:  []string{"https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline"},
	},
	{
		ID: "graph/sysctl-value", Severity: finding.Error,
		Title: "A sysctl has a value, and nothing else",
		Why: "CRI-O hands sysctls to a program with plus signs between them: a value that holds one sets any setting of the node's kernel, " +
			"core_pattern for instance, which runs a program as root on the node (CVE-2022-0811).",
		Remedy: "write the value alone",
		Links:  []string{"https://github.com/cri-o/cri-o/security/advisories/GHSA-6x2m-w449-qwx7"},
	},
	{
		ID: "graph/pod-restricted", Severity: finding.Info,
		Title: "A pod meets Pod Security restricted",
		Why: "The level for workloads that need nothing of the node: a user that is not root, no way to more privileges, no capabilities, " +
			"the runtime's seccomp profile. A namespace that enforces it refuses all other pods.",
		Remedy: "set the securityContext of the pod and of each container",
		Links:  []string{"https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted"},
	},
}
