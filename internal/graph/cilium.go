package graph

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenon.dev/tenon/internal/manifest"
)

// otherPolicies are kinds of policies that let connections through beside those that NetworkPolicies do.
var otherPolicies = []string{"CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"}

// ciliumLets tells whether a policy of Cilium over the pods of a workload lets them reach what egress rules are asked for:
// what one engine's policies allow, the others' do not take away
// (https://docs.cilium.io/en/stable/network/kubernetes/policy/).
func (g *graph) ciliumLets(w workload, reaches func(rule map[string]any) bool) bool {
	for _, kind := range otherPolicies {
		for _, o := range g.ofKind(kind) {
			if kind == "CiliumNetworkPolicy" && o.Namespace != w.namespace {
				continue
			}
			for _, spec := range ciliumSpecs(o) {
				if !ciliumSelects(spec, w) {
					continue
				}
				rules, _ := spec["egress"].([]any)
				if slices.ContainsFunc(rules, func(rule any) bool {
					fields, ok := rule.(map[string]any)
					return !ok || reaches(fields)
				}) {
					return true
				}
			}
		}
	}
	return false
}

// ciliumSpecs are the rules of a policy, which holds one or a list.
func ciliumSpecs(o manifest.Object) []map[string]any {
	var all []map[string]any
	if spec, ok := o.Value["spec"].(map[string]any); ok {
		all = append(all, spec)
	}
	more, _ := o.Value["specs"].([]any)
	for _, one := range more {
		if spec, ok := one.(map[string]any); ok {
			all = append(all, spec)
		}
	}
	return all
}

// ciliumSelects tells whether the rules are about the pods of a workload; of a selector that cannot be read nobody knows.
func ciliumSelects(spec map[string]any, w workload) bool {
	selector, ok := as[metav1.LabelSelector](ciliumLabels(spec["endpointSelector"]))
	if !ok {
		return true
	}
	parsed, err := metav1.LabelSelectorAsSelector(&selector)
	return err != nil || w.matches(parsed)
}

// ciliumLabels is a selector without the sources of labels, such as k8s: and any:.
func ciliumLabels(value any) map[string]any {
	selector, _ := value.(map[string]any)
	given, _ := selector["matchLabels"].(map[string]any)
	plain := map[string]any{}
	for key, value := range given {
		key = strings.TrimPrefix(strings.TrimPrefix(key, "k8s:"), "any:")
		if key != "io.kubernetes.pod.namespace" {
			plain[key] = value
		}
	}
	return map[string]any{"matchLabels": plain, "matchExpressions": selector["matchExpressions"]}
}

// ciliumReachesAPI tells whether an egress rule lets the API server through: by its entity or one that holds it, or by
// addresses, as Cilium takes those of the nodes for where it is asked to.
func ciliumReachesAPI(rule map[string]any) bool {
	entities, _ := rule["toEntities"].([]any)
	if slices.ContainsFunc(entities, func(e any) bool {
		return slices.Contains([]any{"kube-apiserver", "all", "cluster", "host", "remote-node", "world"}, e)
	}) {
		return true
	}
	return rule["toCIDR"] != nil || rule["toCIDRSet"] != nil || !slices.ContainsFunc(ciliumPeers, func(peer string) bool { return rule[peer] != nil })
}

// ciliumPeers are the fields of an egress rule that say where to.
var ciliumPeers = []string{"toEndpoints", "toEntities", "toCIDR", "toCIDRSet", "toFQDNs", "toServices", "toGroups", "toRequires", "toNodes"}

// ciliumResolves tells whether an egress rule lets questions to a server of names through.
func ciliumResolves(rule map[string]any) bool {
	ports, ok := rule["toPorts"].([]any)
	if !ok {
		return rule["toFQDNs"] == nil
	}
	for _, one := range ports {
		fields, _ := one.(map[string]any)
		named, _ := fields["ports"].([]any)
		if slices.ContainsFunc(named, func(p any) bool {
			port, _ := p.(map[string]any)
			return port["port"] == "53" && port["protocol"] != "TCP"
		}) {
			return true
		}
	}
	return false
}
