package gate

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// guard is a part of objects that decides what others may do, beside the roles and network policies
// that are compared by what follows from them.
type guard struct {
	// field is where it stands, with the items of lists left out; * is any key.
	field string
	why   string
}

// guards are these parts by kind; those of the empty kind are looked for in every object.
var guards = map[string][]guard{
	"ClusterRole":                    {{"aggregationRule", "the role takes in other roles"}, {"metadata.labels", "other roles may take this one in"}},
	"ServiceAccount":                 {{"metadata.annotations", "a cloud gives rights to accounts by their annotations"}},
	"Namespace":                      {{"metadata.labels", "Pod Security, image policies and network policies go by the labels of namespaces"}},
	"AppProject":                     {{"spec.destinations", "where Argo CD may deploy to"}, {"spec.roles", "who may use the project"}},
	"ApplicationSet":                 {{"spec.template.spec.destination", "where Argo CD deploys to"}},
	"Application":                    {{"spec.destination", "where Argo CD deploys to"}},
	"CiliumNetworkPolicy":            {{"spec", "Cilium's policies are not compared by what they let through"}},
	"CiliumClusterwideNetworkPolicy": {{"spec", "Cilium's policies are not compared by what they let through"}},
	"Service":                        {{"spec.type", "who can reach the pods"}, {"spec.externalIPs", "who can reach the pods"}},
	"MutatingWebhookConfiguration":   {{"webhooks", "what is changed of every object that is made"}},
	"ValidatingWebhookConfiguration": {{"webhooks", "what is refused of the objects that are made"}},
}

// configs are ConfigMaps that controllers take for their settings, by name.
var configs = []string{"argocd-rbac-cm", "argocd-cm", "config-policy-controller", "config-image-policies", "feature-flags", "config-defaults"}

// hooks are annotations by which Argo CD leaves an object out, or takes it away again.
const hooks = "argocd.argoproj.io/"

// power adds changes of what decides about the rights of others. An object that came is compared with its
// like in a target of the base, so that a new phase tells what it has beyond the others.
func (m *meaning) power(t finding.Target, like []manifest.Object, changes []diff.Object) {
	for _, o := range changes {
		if o.After == nil {
			continue
		}
		fields := map[string]string{}
		switch {
		case o.Op == diff.Changed:
			for _, c := range o.Changes {
				if why := guarded(o.Object.Kind, o.Object.Name, plainField(c.Field)); why != "" {
					fields[c.Field] = why
				}
			}
		case !slices.ContainsFunc(like, func(l manifest.Object) bool {
			return l.Kind == o.Object.Kind && reflect.DeepEqual(l.Value["spec"], o.After.Value["spec"]) && l.Name == o.Object.Name
		}):
			for field, why := range brought(*o.After) {
				fields[field] = why
			}
		}
		byWhy := map[string][]string{}
		for _, field := range sortedKeys(fields) {
			byWhy[fields[field]] = append(byWhy[fields[field]], field)
		}
		for _, why := range slices.Sorted(maps.Keys(byWhy)) {
			m.add("power", item{"op": o.Op, "object": o.Object, "field": some(byWhy[why]), "why": why}, t)
		}
	}
}

func sortedKeys(all map[string]string) []string {
	keys := make([]string, 0, len(all))
	for key := range all {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
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

// guarded says why a field of an object matters; it is empty where it does not.
func guarded(kind, name, field string) string {
	for _, g := range guards[kind] {
		if field == g.field || strings.HasPrefix(field, g.field+".") || strings.HasPrefix(g.field, field+".") {
			return g.why
		}
	}
	last := field[strings.LastIndexByte(field, '.')+1:]
	switch {
	case kind == "ConfigMap" && slices.Contains(configs, name):
		return "controllers take it for their settings"
	case last == "serviceAccountName" || last == "serviceAccount":
		return "pods have the rights of their account"
	case strings.HasSuffix(field, ".resolver") || strings.Contains(field, "Ref.params"):
		return "which code is run"
	case strings.Contains(field, "metadata.annotations."+hooks+"hook"), strings.Contains(field, "metadata.annotations."+hooks+"sync-options"):
		return "by its annotations Argo CD leaves an object out, or takes it away again"
	case strings.HasSuffix(field, "metadata.annotations") && slices.Contains(watched, kind):
		return "by its annotations Argo CD leaves an object out, or takes it away again"
	}
	return ""
}

// watched are kinds that guard: what takes them away opens what they close.
var watched = []string{
	"NetworkPolicy", "CiliumNetworkPolicy", "ClusterImagePolicy", "ResourceQuota", "LimitRange", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
}

// brought are the parts of a new object that matter.
func brought(o manifest.Object) map[string]string {
	found := map[string]string{}
	for _, g := range guards[o.Kind] {
		if o.Kind == "Namespace" || g.field == "metadata.labels" && !aggregates(o) {
			continue
		}
		value, ok := manifest.Lookup(o.Value, manifest.ParsePath(g.field))
		text, _ := json.Marshal(value)
		if ok && string(text) != `"ClusterIP"` {
			found[g.field] = g.why
		}
	}
	if o.Kind == "ConfigMap" && slices.Contains(configs, o.Name) {
		found["data"] = "controllers take it for their settings"
	}
	return found
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
