package gate

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy"

	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/pattern"
)

// guard is a part of objects that decides what others may do, beside the roles and network policies
// that are compared by what follows from them.
type guard struct {
	// field is where it stands, with the items of lists left out.
	field string
	why   string
}

// kindGuards are the guarded parts of a kind of the groups that are meant: kinds of the same name are others elsewhere.
type kindGuards struct {
	groups []string
	parts  []guard
}

var (
	core   = []string{""}
	rbac   = []string{"rbac.authorization.k8s.io"}
	admits = []string{"admissionregistration.k8s.io"}
	argo   = []string{"argoproj.io"}
	cilium = []string{"cilium.io"}
	apps   = []string{"apps"}
	batch  = []string{"batch"}
	tekton = []string{"tekton.dev"}
	events = []string{"triggers.tekton.dev"}
	prom   = []string{"monitoring.coreos.com"}
	eso    = []string{"external-secrets.io"}
	kueue  = []string{"kueue.x-k8s.io"}
)

// scrapes are the parts of monitors by which alerts get what they ask for.
var scrapes = []guard{
	{"spec.selector", alerts}, {"spec.namespaceSelector", alerts}, {"spec.endpoints.path", alerts}, {"spec.endpoints.port", alerts}, {"spec.endpoints.targetPort", alerts}, {"spec.endpoints.scheme", alerts}, {"spec.endpoints.interval", alerts}, {"spec.endpoints.scrapeTimeout", alerts}, {"spec.endpoints.honorLabels", alerts},
	{"spec.podMetricsEndpoints.path", alerts}, {"spec.podMetricsEndpoints.port", alerts}, {"spec.podMetricsEndpoints.portNumber", alerts}, {"spec.jobLabel", alerts}, {"metadata.labels", "which Prometheus reads it"},
}

// guards are these parts by kind. Of a kind that is not here, or of another group, nobody knows what decides: all of it
// is guarded.
var guards = map[string]kindGuards{
	"ClusterRole": {rbac, []guard{{"aggregationRule", "the role takes in other roles"}, {"metadata.labels", "other roles may take this one in"}}},
	"Role":        {rbac, nil}, "RoleBinding": {rbac, nil}, "ClusterRoleBinding": {rbac, nil}, // the rights that follow are compared
	"NetworkPolicy":      {[]string{"networking.k8s.io"}, nil},                                                        // what it lets through is compared
	"ClusterImagePolicy": {[]string{"policy.sigstore.dev"}, nil}, "TrustRoot": {[]string{"policy.sigstore.dev"}, nil}, // compared as signing
	"ServiceAccount": {core, []guard{{"metadata.annotations", cloud}, {"metadata.labels", cloud}, {"secrets", "whoever has the account has them"}, {"imagePullSecrets", "whoever has the account has them"}, {"automountServiceAccountToken", token}}},
	"Namespace":      {core, []guard{{"metadata.labels", "Pod Security, image policies and network policies go by the labels of namespaces"}, {"metadata.annotations", "node selectors and roles of a cloud go by the annotations of namespaces"}}},
	"AppProject":     {argo, []guard{{"spec", "what Argo CD may deploy, from where, where to, and for whom"}}},
	"ApplicationSet": {argo, []guard{{"spec", deploys}, {"metadata.annotations", deploys}, {"metadata.labels", deploys}, {"metadata.finalizers", "what Argo CD deletes with it"}}},
	"Application":    {argo, []guard{{"spec", deploys}, {"metadata.annotations", deploys}, {"metadata.labels", deploys}, {"metadata.finalizers", "what Argo CD deletes with it"}}},

	"CiliumNetworkPolicy":            {cilium, []guard{{"spec", "Cilium's policies are not compared by what they let through"}}},
	"CiliumClusterwideNetworkPolicy": {cilium, []guard{{"spec", "Cilium's policies are not compared by what they let through"}}},

	"Service": {core, []guard{{"spec.type", reached}, {"spec.externalIPs", reached}, {"spec.loadBalancerSourceRanges", reached}, {"metadata.annotations", reached}}},
	"Ingress": {[]string{"networking.k8s.io"}, []guard{{"spec", reached}, {"metadata.annotations", reached}}},

	"MutatingWebhookConfiguration": {admits, []guard{{"webhooks", changing}}}, "MutatingAdmissionPolicy": {admits, []guard{{"spec", changing}}}, "MutatingAdmissionPolicyBinding": {admits, []guard{{"spec", changing}}},
	"ValidatingWebhookConfiguration": {admits, []guard{{"webhooks", refusing}}}, "ValidatingAdmissionPolicy": {admits, []guard{{"spec", refusing}}}, "ValidatingAdmissionPolicyBinding": {admits, []guard{{"spec", refusing}}},

	"EC2NodeClass": {[]string{"karpenter.k8s.aws"}, []guard{{"spec", "what nodes start with, which networks they are in, and what a cloud lets them do"}}},
	"NodePool":     {[]string{"karpenter.sh"}, []guard{{"spec.template.spec.nodeClassRef", "what nodes start with"}, {"spec.template.spec.taints", "which pods may run on the nodes"}, {"spec.limits", "how many nodes may be bought"}}},

	"EventListener":  {events, []guard{{"spec.triggers", starts}, {"spec.triggerGroups", starts}, {"spec.namespaceSelector", starts}, {"spec.labelSelector", starts}, {"spec.cloudEventURI", starts}}},
	"Trigger":        {events, []guard{{"spec", starts}}},
	"TriggerBinding": {events, []guard{{"spec", "what of an event runs are given"}}}, "ClusterTriggerBinding": {events, []guard{{"spec", "what of an event runs are given"}}},
	"ClusterInterceptor": {events, []guard{{"spec", starts}}}, "Interceptor": {events, []guard{{"spec", starts}}}, "TriggerTemplate": {events, nil},

	"LimitRange":    {core, []guard{{"spec", "what pods may take"}}},
	"ResourceQuota": {core, []guard{{"spec", "what a namespace may take"}}},
	"ClusterQueue":  {kueue, []guard{{"spec.namespaceSelector", "who may use the GPUs"}, {"spec.cohortName", "who may use the GPUs"}, {"spec.cohort", "who may use the GPUs"}, {"spec.admissionChecksStrategy", "who may use the GPUs"}, {"spec.preemption", "who may use the GPUs"}}},
	"LocalQueue":    {kueue, []guard{{"spec.clusterQueue", "who may use the GPUs"}}}, "ResourceFlavor": {kueue, nil},

	// Their pods are looked at wherever they are.
	"Job": {batch, nil}, "CronJob": {batch, nil}, "Pod": {core, nil}, "Deployment": {apps, nil}, "DaemonSet": {apps, nil}, "StatefulSet": {apps, []guard{{"spec.persistentVolumeClaimRetentionPolicy", "what becomes of data"}}},
	"Task": {tekton, nil}, "Pipeline": {tekton, nil}, "StepAction": {tekton, nil}, "TaskRun": {tekton, nil}, "PipelineRun": {tekton, nil},

	"ConfigMap": {core, nil}, // see isSettings
	"Secret":    {core, nil}, "PersistentVolumeClaim": {core, nil},
	"StorageClass":        {[]string{"storage.k8s.io"}, []guard{{"provisioner", stored}, {"parameters", stored}, {"mountOptions", stored}, {"reclaimPolicy", stored}, {"metadata.annotations", stored}}},
	"PriorityClass":       {[]string{"scheduling.k8s.io"}, []guard{{"globalDefault", "which pods give way to which"}, {"preemptionPolicy", "which pods give way to which"}}},
	"PodDisruptionBudget": {[]string{"policy"}, nil}, "HorizontalPodAutoscaler": {[]string{"autoscaling"}, []guard{{"spec.maxReplicas", manyPods}, {"spec.minReplicas", manyPods}}},
	"ScaledObject":   {[]string{"keda.sh"}, []guard{{"spec.maxReplicaCount", manyPods}, {"spec.minReplicaCount", manyPods}}},
	"PrometheusRule": {prom, []guard{{"spec", alerts}, {"metadata.labels", "which Prometheus reads it"}}}, "ServiceMonitor": {prom, scrapes}, "PodMonitor": {prom, scrapes},
	"ExternalSecret": {eso, nil}, "SecretStore": {eso, nil}, "ClusterSecretStore": {eso, nil}, // compared as sources
	"Repository": {[]string{"pipelinesascode.tekton.dev"}, nil},
	"File":       {[]string{"tenon.dev"}, nil},
}

// isKnown tells whether the guarded parts of an object's kind are known.
func isKnown(o manifest.Object) bool {
	known, ok := guards[o.Kind]
	return ok && slices.Contains(known.groups, o.GroupKind().Group)
}

// guardsOf are the guarded parts of an object: of a kind that is not known all of it, of one that an operator
// defines also what stands beside its spec.
func guardsOf(o manifest.Object) []guard {
	var all []guard
	if isKnown(o) {
		all = slices.Clone(guards[o.Kind].parts)
	}
	for _, key := range slices.Sorted(maps.Keys(o.Value)) {
		if isUnknown(o, key) {
			all = append(all, guard{key, unknown})
		}
	}
	return all
}

// isUnknown tells whether nobody knows what a part of an object decides.
func isUnknown(o manifest.Object, field string) bool {
	key, below, _ := strings.Cut(field, ".")
	switch {
	case slices.Contains([]string{"apiVersion", "kind", "status"}, key):
		return false
	case key == "metadata":
		part, name, _ := strings.Cut(below, ".")
		return !isKnown(o) && name != "" && (part == "annotations" || part == "labels") && !plainLabel.MatchString(name) && !plainAnnotation.MatchString("metadata.annotations."+name)
	case isKnown(o):
		// An operator's definition may have other parts than the spec: Cilium's policies have specs.
		return key != "spec" && strings.Contains(o.GroupKind().Group, ".") && !strings.HasSuffix(o.GroupKind().Group, ".k8s.io") && o.GroupKind().Group != "tenon.dev"
	}
	return true
}

// plainLabel fits labels that are for people and for selecting.
var plainLabel = pattern.New(`^(app|name|component|app\.kubernetes\.io/.*|tenon\.dev/.*|helm\.sh/chart|argocd\.argoproj\.io/instance)$`)

const (
	cloud    = "a cloud gives rights by it"
	reached  = "who can reach the pods"
	changing = "what is changed of every object that is made"
	refusing = "what is refused of the objects that are made"
	settings = "controllers take it for their settings"
	left     = "by its annotations Argo CD leaves an object out, or takes it away again"
	secret   = "which secrets pods get"
	otherCI  = "another CI runs it, with credentials of its own"
	manyPods = "how many pods may ask for nodes"
	token    = "pods get a token of their account"
	starts   = "which events start runs, and what"
	stored   = "where and how data is kept"
	owned    = "Kubernetes deletes an object whose owner is not there"
	builtIn  = "clusters bind the role of that name to others by themselves"
	waited   = "what Argo CD waits for before it goes on"
	alerts   = "what people are told of"
	unknown  = "nothing more is known of this kind"
	deploys  = "what Argo CD deploys, where to, and what it keeps as it is"
)

// configs are ConfigMaps that controllers take for their settings, by name, and controllers the
// namespaces in which they read all of them.
var (
	configs = pattern.New(`^(argocd-|config-|feature-flags$|aws-auth$|coredns|kube-proxy$|chains-config$|pipelines-as-code$|workflow-controller-configmap$|alertmanager$|[a-z-]*resolver-config$|[a-z-]*-manager-config$)`)
	systems = pattern.New(`^(kube-system|kube-public|argocd|pipelines-as-code|tekton-.*|.*-system|cert-manager|external-secrets|gpu-operator|karpenter|keda|kyverno|kueue|ingress-nginx|monitoring|default)$`)
)

func isSettings(o manifest.Object) bool {
	if o.Kind == "Secret" {
		labelled, _ := manifest.Lookup(o.Value, manifest.Path{"metadata", "labels", "argocd.argoproj.io/secret-type"})
		return labelled != nil || systems.MatchString(o.Namespace)
	}
	rego, _ := manifest.Lookup(o.Value, manifest.Path{"metadata", "labels", "openpolicyagent.org/policy"})
	return o.Kind == "ConfigMap" && (rego != nil || configs.MatchString(o.Name) || systems.MatchString(o.Namespace))
}

// scraped fits what Prometheus shows to whom it asks.
var scraped = pattern.New(`(\.|^)(bearerTokenFile|bearerTokenSecret|authorization|basicAuth|oauth2|tlsConfig|proxyUrl)(\.|$)`)

// hooks fits annotations by which Argo CD leaves an object out, or takes it away again; it takes those of
// Helm for its own (https://argo-cd.readthedocs.io/en/stable/user-guide/helm/#helm-hooks).
var hooks = pattern.New(`metadata\.annotations\.(argocd\.argoproj\.io/[a-z-]+|helm\.sh/(hook|resource-policy)|config\.kubernetes\.io/local-config)`)

// secretFields fits where a container or a volume names a secret.
var secretFields = pattern.New(`(\.|^)(secretRef|secretKeyRef|secretName|volumes\.secret|workspaces\.secret|projected\.sources\.secret)(\.(name|key))?$`)

var (
	// confined fits what opens a pod to its node.
	confined = pattern.New(`(\.|^)(hostPID|hostIPC|hostNetwork|shareProcessNamespace|runtimeClassName|hostUsers|volumes\.hostPath|csi|volumes\.flexVolume|privileged|allowPrivilegeEscalation|capabilities\.add|procMount)(\.|$)`)
	// podAnnotation fits annotations of pods, wherever the template of them is.
	podAnnotation = pattern.New(`(^|\.)metadata\.annotations\.`)
	// scheduled fits what sets pods beside the scheduler, before others, or beside the cluster's names.
	scheduled = pattern.New(`(\.|^)(nodeName|schedulerName|dnsPolicy|dnsConfig|hostAliases|imagePullSecrets)(\.|$)`)
	// plainAnnotation fits those that are for people, order a sync, or say that something changed.
	plainAnnotation = pattern.New(`(?:^|\.)metadata\.annotations\.(argocd\.argoproj\.io/(sync-wave|tracking-id|manifest-generate-paths)|checksum/|prometheus\.io/|kubectl\.kubernetes\.io/(default-container|restartedAt)|kubernetes\.io/(description|change-cause)|tekton\.dev/(displayName|tags|categories|pipelines\.minVersion)|tenon\.dev/|cluster-autoscaler\.kubernetes\.io/safe-to-evict|karpenter\.sh/do-not-disrupt)`)
)

// watched are kinds that guard: what takes them away opens what they close.
var watched = []string{
	"NetworkPolicy", "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "ClusterImagePolicy", "ResourceQuota", "LimitRange", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding",
	"PrometheusRule", "ServiceMonitor", "PodMonitor", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration",
}

// reserved are the roles that each cluster has, and binds by itself or lets others be bound to
// (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings).
var reserved = func() map[string]bool {
	names := map[string]bool{}
	for _, role := range bootstrappolicy.ClusterRoles() {
		names[role.Name] = true
	}
	return names
}()
