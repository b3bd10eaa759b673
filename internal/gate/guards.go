package gate

import (
	"regexp"

	"k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy"

	"tenon.dev/tenon/internal/manifest"
)

// guard is a part of objects that decides what others may do, beside the roles and network policies
// that are compared by what follows from them.
type guard struct {
	// field is where it stands, with the items of lists left out.
	field string
	why   string
}

// guards are these parts by kind. Of a kind that is not here nobody knows what decides: all of it is guarded.
var guards = map[string][]guard{
	"ClusterRole":                    {{"aggregationRule", "the role takes in other roles"}, {"metadata.labels", "other roles may take this one in"}},
	"Role":                           nil, // the rights that follow are compared
	"RoleBinding":                    nil,
	"ClusterRoleBinding":             nil,
	"NetworkPolicy":                  nil, // what it lets through is compared
	"ClusterImagePolicy":             nil, // compared as signing
	"TrustRoot":                      nil,
	"ServiceAccount":                 {{"metadata.annotations", cloud}, {"metadata.labels", cloud}, {"secrets", "whoever has the account has them"}, {"imagePullSecrets", "whoever has the account has them"}, {"automountServiceAccountToken", token}},
	"Namespace":                      {{"metadata.labels", "Pod Security, image policies and network policies go by the labels of namespaces"}, {"metadata.annotations", "node selectors and roles of a cloud go by the annotations of namespaces"}},
	"AppProject":                     {{"spec", "what Argo CD may deploy, from where, where to, and for whom"}},
	"ApplicationSet":                 {{"spec", deploys}},
	"Application":                    {{"spec", deploys}, {"metadata.finalizers", "what Argo CD deletes with it"}},
	"CiliumNetworkPolicy":            {{"spec", "Cilium's policies are not compared by what they let through"}},
	"CiliumClusterwideNetworkPolicy": {{"spec", "Cilium's policies are not compared by what they let through"}},
	"Service":                        {{"spec.type", reached}, {"spec.externalIPs", reached}, {"spec.loadBalancerSourceRanges", reached}, {"metadata.annotations", reached}},
	"Ingress":                        {{"spec", reached}, {"metadata.annotations", reached}},
	"MutatingWebhookConfiguration":   {{"webhooks", changing}}, "MutatingAdmissionPolicy": {{"spec", changing}}, "MutatingAdmissionPolicyBinding": {{"spec", changing}},
	"ValidatingWebhookConfiguration": {{"webhooks", refusing}}, "ValidatingAdmissionPolicy": {{"spec", refusing}}, "ValidatingAdmissionPolicyBinding": {{"spec", refusing}},
	"EC2NodeClass":   {{"spec", "what nodes start with, which networks they are in, and what a cloud lets them do"}},
	"EventListener":  {{"spec.triggers.interceptors", events}, {"spec.triggerGroups.interceptors", events}},
	"Trigger":        {{"spec.interceptors", events}},
	"TriggerBinding": {{"spec", "what of an event runs are given"}}, "ClusterTriggerBinding": {{"spec", "what of an event runs are given"}},
	"ClusterInterceptor": {{"spec", events}}, "Interceptor": {{"spec", events}},
	"LimitRange":    {{"spec", "what pods may take"}},
	"ResourceQuota": {{"spec", "what a namespace may take"}},
	"ClusterQueue":  {{"spec.namespaceSelector", "who may use the GPUs"}, {"spec.cohortName", "who may use the GPUs"}, {"spec.admissionChecksStrategy", "who may use the GPUs"}},
	"Job":           nil, "CronJob": nil, "Pod": nil, "Deployment": nil, "DaemonSet": nil, "StatefulSet": nil, // their pods are looked at wherever they are
	"Task": nil, "Pipeline": nil, "StepAction": nil, "TaskRun": nil, "PipelineRun": nil, "TriggerTemplate": nil,
	"ConfigMap": nil, // see isSettings
	"Secret":    nil, "PersistentVolumeClaim": nil, "StorageClass": nil, "PriorityClass": nil, "PodDisruptionBudget": nil, "HorizontalPodAutoscaler": nil, "ScaledObject": nil,
	"NodePool": nil, "ResourceFlavor": nil, "LocalQueue": nil, // told as pools and costs
	"PrometheusRule": nil, "ServiceMonitor": nil, "PodMonitor": nil, // alerts that go are told
	"ExternalSecret": nil, "SecretStore": nil, "ClusterSecretStore": nil, "Repository": nil, // compared as sources
	"File": nil,
}

// guardsOf are the guarded parts of an object.
func guardsOf(o manifest.Object) []guard {
	known, ok := guards[o.Kind]
	if !ok {
		return []guard{{"spec", unknown}, {"webhooks", unknown}, {"data", unknown}, {"rules", unknown}}
	}
	return known
}

const (
	cloud    = "a cloud gives rights by it"
	reached  = "who can reach the pods"
	changing = "what is changed of every object that is made"
	refusing = "what is refused of the objects that are made"
	settings = "controllers take it for their settings"
	left     = "by its annotations Argo CD leaves an object out, or takes it away again"
	secret   = "which secrets pods get"
	token    = "pods get a token of their account"
	events   = "which events start runs"
	owned    = "Kubernetes deletes an object whose owner is not there"
	builtIn  = "clusters bind the role of that name to others by themselves"
	waited   = "what Argo CD waits for before it goes on"
	alerts   = "people are no longer told"
	unknown  = "nothing more is known of this kind"
	deploys  = "what Argo CD deploys, where to, and what it keeps as it is"
)

// configs are ConfigMaps that controllers take for their settings, by name, and controllers the
// namespaces in which they read all of them.
var (
	configs = regexp.MustCompile(`^(argocd-|config-|feature-flags$|aws-auth$|coredns|kube-proxy$|chains-config$|[a-z-]*resolver-config$|[a-z-]*-manager-config$)`)
	systems = regexp.MustCompile(`^(kube-system|kube-public|argocd|tekton-.*|.*-system|cert-manager|external-secrets|gpu-operator|karpenter|keda|kyverno|kueue)$`)
)

func isSettings(o manifest.Object) bool {
	return o.Kind == "ConfigMap" && (configs.MatchString(o.Name) || systems.MatchString(o.Namespace))
}

// hooks fits annotations by which Argo CD leaves an object out, or takes it away again; it takes those of
// Helm for its own (https://argo-cd.readthedocs.io/en/stable/user-guide/helm/#helm-hooks).
var hooks = regexp.MustCompile(`metadata\.annotations\.(argocd\.argoproj\.io/[a-z-]+|helm\.sh/(hook|resource-policy)|config\.kubernetes\.io/local-config)`)

// secretFields fits where a container or a volume names a secret.
var secretFields = regexp.MustCompile(`(\.|^)(secretRef|secretKeyRef|secretName|volumes\.secret|projected\.sources\.secret)(\.name)?$`)

var (
	// confined fits what opens a pod to its node.
	confined = regexp.MustCompile(`(\.|^)(hostPID|hostIPC|hostNetwork|shareProcessNamespace|runtimeClassName|hostUsers|volumes\.hostPath|volumes\.csi|volumes\.flexVolume|privileged|allowPrivilegeEscalation|capabilities\.add|procMount)(\.|$)`)
	// podAnnotation fits annotations of pods, wherever the template of them is.
	podAnnotation = regexp.MustCompile(`(^|template\.)metadata\.annotations\.`)
	// plainAnnotation fits those that are for people, order a sync, or say that something changed.
	plainAnnotation = regexp.MustCompile(`annotations\.(argocd\.argoproj\.io/(sync-wave|tracking-id|hook-delete-policy|manifest-generate-paths)|checksum/|prometheus\.io/|kubectl\.kubernetes\.io/(default-container|restartedAt)|kubernetes\.io/(description|change-cause)|tekton\.dev/(displayName|tags|categories|pipelines\.minVersion)|tenon\.dev/|cluster-autoscaler\.kubernetes\.io/safe-to-evict|karpenter\.sh/do-not-disrupt)`)
)

// watched are kinds that guard: what takes them away opens what they close.
var watched = []string{
	"NetworkPolicy", "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "ClusterImagePolicy", "ResourceQuota", "LimitRange", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding",
	"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration",
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
