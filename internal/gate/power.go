package gate

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// guard is a part of objects that decides what others may do, beside the roles and network policies
// that are compared by what follows from them.
type guard struct {
	// field is where it stands, with the items of lists left out.
	field string
	why   string
}

// guards are these parts by kind.
var guards = map[string][]guard{
	"ClusterRole":                      {{"aggregationRule", "the role takes in other roles"}, {"metadata.labels", "other roles may take this one in"}},
	"ServiceAccount":                   {{"metadata.annotations", cloud}, {"metadata.labels", cloud}, {"secrets", "whoever has the account has them"}, {"imagePullSecrets", "whoever has the account has them"}},
	"Namespace":                        {{"metadata.labels", "Pod Security, image policies and network policies go by the labels of namespaces"}},
	"AppProject":                       {{"spec", "what Argo CD may deploy, from where, where to, and for whom"}},
	"ApplicationSet":                   {{"spec", deploys}},
	"Application":                      {{"spec", deploys}, {"metadata.finalizers", "what Argo CD deletes with it"}},
	"CiliumNetworkPolicy":              {{"spec", "Cilium's policies are not compared by what they let through"}},
	"CiliumClusterwideNetworkPolicy":   {{"spec", "Cilium's policies are not compared by what they let through"}},
	"Service":                          {{"spec.type", reached}, {"spec.externalIPs", reached}, {"spec.loadBalancerSourceRanges", reached}},
	"MutatingWebhookConfiguration":     {{"webhooks", changing}},
	"ValidatingWebhookConfiguration":   {{"webhooks", refusing}},
	"MutatingAdmissionPolicy":          {{"spec", changing}},
	"MutatingAdmissionPolicyBinding":   {{"spec", changing}},
	"ValidatingAdmissionPolicy":        {{"spec", refusing}},
	"ValidatingAdmissionPolicyBinding": {{"spec", refusing}},
	"EC2NodeClass":                     {{"spec.role", cloud}, {"spec.instanceProfile", cloud}, {"spec.userData", "what nodes run when they start"}},
	"EventListener":                    {{"spec.triggers.interceptors", "which events start runs"}, {"spec.triggerGroups.interceptors", "which events start runs"}},
}

const (
	cloud    = "a cloud gives rights by it"
	reached  = "who can reach the pods"
	changing = "what is changed of every object that is made"
	refusing = "what is refused of the objects that are made"
	settings = "controllers take it for their settings"
	left     = "by its annotations Argo CD leaves an object out, or takes it away again"
	secret   = "which secrets pods get"
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
var hooks = regexp.MustCompile(`metadata\.annotations\.(argocd\.argoproj\.io/(hook|sync-options|compare-options)|helm\.sh/(hook|resource-policy)|config\.kubernetes\.io/local-config)`)

// power adds changes of what decides about the rights of others. An object that came is compared with all
// that the base has, so that a new phase tells what it has beyond the others.
func (m *meaning) power(t finding.Target, known baseline, changes []diff.Object) {
	for _, o := range changes {
		fields := map[string]string{}
		switch {
		case o.Op == diff.Changed:
			for _, c := range o.Changes {
				maps.Copy(fields, touched(*o.After, c, known.share(t)))
			}
		case o.Op == diff.Removed:
			if _, guarding := guards[o.Object.Kind]; guarding && slices.Contains(watched, o.Object.Kind) {
				fields["spec"] = guards[o.Object.Kind][0].why
			}
		case !slices.ContainsFunc(known.objects, func(l manifest.Object) bool {
			return l.Kind == o.Object.Kind && l.Name == o.Object.Name && alike(l, *o.After)
		}):
			fields = brought(*o.After)
		}
		byWhy := map[string][]string{}
		for _, field := range slices.Sorted(maps.Keys(fields)) {
			byWhy[fields[field]] = append(byWhy[fields[field]], field)
		}
		for _, why := range slices.Sorted(maps.Keys(byWhy)) {
			m.add("power", item{"op": o.Op, "object": o.Object, "field": some(byWhy[why]), "why": why}, t)
		}
	}
}

// alike tells whether two objects say the same, wherever they are.
func alike(a, b manifest.Object) bool {
	bare := func(o manifest.Object) map[string]any {
		value := maps.Clone(o.Value)
		metadata, _ := value["metadata"].(map[string]any)
		metadata = maps.Clone(metadata)
		delete(metadata, "namespace")
		value["metadata"] = metadata
		return value
	}
	return reflect.DeepEqual(bare(a), bare(b))
}

// touched are the parts that matter of what one change adds, changes or takes away, also within it.
func touched(o manifest.Object, c diff.Change, share int) map[string]string {
	found := map[string]string{}
	if isShare(o, c, share) {
		return found
	}
	field := plainField(c.Field)
	if why := guarded(o, field); why != "" {
		found[c.Field] = why
	}
	for _, value := range []any{c.Before, c.After} {
		leaves(value, field, func(inner string) {
			if why := guarded(o, inner); why != "" && len(found) == 0 {
				found[c.Field] = why
			}
		})
	}
	return found
}

// isShare tells whether a filter of events differs in no more than the share of commits that the head states for
// the target's phase: that is told as such. Another share than the stated one is no rollout.
func isShare(o manifest.Object, c diff.Change, stated int) bool {
	before, was := c.Before.(string)
	after, is := c.After.(string)
	if o.Kind != "EventListener" || !was || !is || threshold.ReplaceAllString(before, "") != threshold.ReplaceAllString(after, "") {
		return false
	}
	taken := threshold.FindStringSubmatch(after)
	if taken == nil {
		return stated == 100
	}
	return taken[1] == "<" && taken[2] == fmt.Sprintf("%08x", stated<<32/100)
}

// threshold is the comparison by which the rollout takes its share of commits (#threshold of cue/render).
var threshold = regexp.MustCompile(`(?: && )?body\.[a-z_.]+\.lowerAscii\(\) (<=?) '([0-9a-f]{8})'`)

// leaves visits the fields below a value that is at a field, items of lists left out.
func leaves(value any, field string, visit func(string)) {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			below := strings.TrimPrefix(field+"."+key, ".")
			visit(below)
			leaves(inner, below, visit)
		}
	case []any:
		for _, inner := range v {
			leaves(inner, field, visit)
		}
	}
}

// plainField is a field without which item of a list is meant.
func plainField(field string) string {
	var b strings.Builder
	for _, element := range manifest.ParsePath(field) {
		if name, ok := element.(string); ok && !strings.Contains(name, "=") {
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(name)
		}
	}
	return b.String()
}

// secretFields fits where a container or a volume names a secret.
var secretFields = regexp.MustCompile(`(\.|^)(secretRef|secretKeyRef|secretName|volumes\.secret|projected\.sources\.secret)(\.name)?$`)

// guarded says why a field of an object matters; it is empty where it does not.
func guarded(o manifest.Object, field string) string {
	if isSyncField(o.Kind, field) {
		return "" // told as what is synced
	}
	for _, g := range guards[o.Kind] {
		if field == g.field || strings.HasPrefix(field, g.field+".") {
			return g.why
		}
	}
	last := field[strings.LastIndexByte(field, '.')+1:]
	switch {
	case isSettings(o):
		return settings
	case last == "serviceAccountName" || last == "serviceAccount":
		return "pods have the rights of their account"
	case last == "resolver" || strings.Contains(field, "Ref.params"):
		return "which code is run"
	case runs(o) && secretFields.MatchString(field):
		return secret
	case hooks.MatchString(field):
		return left
	case strings.Contains(field, "labels.azure.workload.identity/use"):
		return cloud
	}
	return ""
}

// runs tells whether an object has pods or makes some.
func runs(o manifest.Object) bool {
	return slices.Contains([]string{
		"Pod", "Deployment", "DaemonSet", "StatefulSet", "Job", "CronJob", "Task", "Pipeline", "TaskRun", "PipelineRun", "TriggerTemplate", "StepAction",
	}, o.Kind)
}

// watched are kinds that guard: what takes them away opens what they close.
var watched = []string{
	"NetworkPolicy", "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "ClusterImagePolicy", "ResourceQuota", "LimitRange", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding",
	"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration",
}

// brought are the parts of a new object that matter.
func brought(o manifest.Object) map[string]string {
	found := map[string]string{}
	for _, g := range guards[o.Kind] {
		if o.Kind == "EventListener" || o.Kind == "Namespace" || o.Kind == "ServiceAccount" && g.field == "metadata.labels" || o.Kind == "ClusterRole" && g.field == "metadata.labels" && !aggregates(o) {
			continue
		}
		value, ok := manifest.Lookup(o.Value, manifest.ParsePath(g.field))
		text, _ := json.Marshal(value)
		if ok && string(text) != `"ClusterIP"` {
			found[g.field] = g.why
		}
	}
	if isSettings(o) {
		found["data"] = settings
	}
	leaves(o.Value, "", func(field string) {
		switch why := guarded(o, field); {
		case why == left && slices.Contains(watched, o.Kind), why == "which code is run", why == cloud && strings.Contains(field, "azure"):
			found[field] = why
		case o.Kind == "Namespace" && strings.HasPrefix(field, "metadata.labels.pod-security.kubernetes.io/enforce") && privileged(o):
			found[field] = guards["Namespace"][0].why
		}
	})
	return found
}

// privileged tells whether a namespace lets pods do anything.
func privileged(o manifest.Object) bool {
	level, _ := manifest.Lookup(o.Value, manifest.Path{"metadata", "labels", "pod-security.kubernetes.io/enforce"})
	return level == "privileged"
}

// aggregates tells whether a role is one that others take in.
func aggregates(o manifest.Object) bool {
	value, _ := manifest.Lookup(o.Value, manifest.Path{"metadata", "labels"})
	labels, _ := value.(map[string]any)
	for key := range labels {
		if strings.HasPrefix(key, "rbac.authorization.k8s.io/aggregate-to-") {
			return true
		}
	}
	return false
}
