package rules

// Where several rules follow the same text.
const (
	api         = "https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation"
	decoding    = "https://kubernetes.io/docs/reference/using-api/api-concepts/#validation-for-unrecognized-or-duplicate-fields"
	retired     = "https://kubernetes.io/docs/reference/using-api/deprecation-guide/"
	tasks       = "https://tekton.dev/docs/pipelines/tasks/"
	pipeline    = "https://tekton.dev/docs/pipelines/pipelines/"
	runs        = "https://tekton.dev/docs/pipelines/pipelineruns/"
	spaces      = "https://tekton.dev/docs/pipelines/workspaces/"
	assist      = "https://tekton.dev/docs/pipelines/affinityassistants/"
	listener    = "https://tekton.dev/docs/triggers/eventlisteners/"
	volumes     = "https://kubernetes.io/docs/concepts/storage/persistent-volumes/"
	classes     = "https://kubernetes.io/docs/concepts/storage/storage-classes/"
	secrets     = "https://kubernetes.io/docs/concepts/configuration/secret/"
	rbac        = "https://kubernetes.io/docs/reference/access-authn-authz/rbac/"
	policies    = "https://kubernetes.io/docs/concepts/services-networking/network-policies/"
	services    = "https://kubernetes.io/docs/concepts/services-networking/service/"
	placing     = "https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/"
	gpus        = "https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/"
	security    = "https://kubernetes.io/docs/concepts/security/pod-security-admission/"
	yaml        = "https://yaml.org/spec/1.2.2/"
	language    = "https://cuelang.org/docs/reference/spec/"
	signingDocs = "https://docs.sigstore.dev/policy-controller/overview/"
	checks      = "https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-protected-branches/about-protected-branches"
	waiving     = "docs/platform.md#severities-and-waivers"
	argo        = "https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/"
)
