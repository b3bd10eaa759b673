package graph

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/script"
)

// isolating is a policy that limits what its pods may reach.
type isolating struct {
	networkingv1.NetworkPolicy
	object   manifest.Object
	selector labels.Selector
}

// egress checks that the pods whose connections are limited keep those that they need: names are
// resolved by UDP and TCP, and the API server, which is no pod, is reached by an address.
func (g *graph) egress() {
	policies := g.isolating()
	if len(policies) == 0 {
		return
	}
	reported := map[string]bool{}
	once := func(p isolating, rule string, severity finding.Severity, message, remedy string) {
		id := rule + p.object.Namespace + p.object.Name
		if !reported[id] {
			reported[id] = true
			g.add(p.object, rule, severity, manifest.Path{"spec", "egress"}, message, remedy)
		}
	}
	for _, w := range g.pods {
		var over []isolating
		for _, p := range policies {
			if p.object.Namespace == w.namespace && w.matches(p.selector) {
				over = append(over, p)
			}
		}
		if len(over) == 0 {
			continue
		}
		udp, tcp := allowsPort(over, corev1.ProtocolUDP, 53), allowsPort(over, corev1.ProtocolTCP, 53)
		switch {
		case !udp && g.ciliumLets(w, ciliumResolves):
		case !udp:
			once(over[0], "graph/no-dns", finding.Error,
				"the pods that the policy selects may not resolve names: no rule of any policy lets UDP port 53 through",
				"allow ports 53 UDP and TCP to k8s-app: kube-dns in kubernetes.io/metadata.name: kube-system")
		case !tcp:
			once(over[0], "graph/no-dns", finding.Warning,
				"the pods that the policy selects resolve names by UDP only: long answers come by TCP port 53, which no rule lets through",
				"allow port 53 of both protocols")
		}
		switch {
		case w.callsAPI == "", g.ciliumLets(w, ciliumReachesAPI):
		case !reachesAddress(over):
			once(over[0], "graph/api-unreachable", finding.Error,
				fmt.Sprintf("%s talks to the API server, and no policy over it has a rule for its address: selectors of pods and namespaces do not cover it", w.callsAPI),
				"add an egress rule with an ipBlock for the API server's addresses, port 443 or 6443")
		default:
			if address := serviceAlone(over); address != "" {
				once(over[0], "graph/api-by-service-only", finding.Warning,
					fmt.Sprintf("%s reaches the API server by its Service's address %s only: kube-router, Calico and Antrea judge packets after that was replaced by the address of an endpoint, Cilium by its entity, and all cut it off", w.callsAPI, address),
					"add the addresses that kubectl get endpointslices -l kubernetes.io/service-name=kubernetes lists, with Cilium toEntities: [kube-apiserver]")
			}
		}
	}
}

func (g *graph) isolating() []isolating {
	var all []isolating
	for _, o := range g.Objects {
		if o.Kind != "NetworkPolicy" {
			continue
		}
		p, ok := as[networkingv1.NetworkPolicy](o.Value)
		selector, err := metav1.LabelSelectorAsSelector(&p.Spec.PodSelector)
		limits := slices.Contains(p.Spec.PolicyTypes, networkingv1.PolicyTypeEgress) || len(p.Spec.PolicyTypes) == 0 && len(p.Spec.Egress) > 0
		if ok && err == nil && limits {
			all = append(all, isolating{p, o, selector})
		}
	}
	return all
}

// allowsPort tells whether some rule lets a port of the cluster's pods through.
func allowsPort(policies []isolating, protocol corev1.Protocol, port int32) bool {
	for _, p := range policies {
		for _, rule := range p.Spec.Egress {
			if len(rule.Ports) == 0 || slices.ContainsFunc(rule.Ports, func(q networkingv1.NetworkPolicyPort) bool { return covers(q, protocol, port) }) {
				return true
			}
		}
	}
	return false
}

func covers(q networkingv1.NetworkPolicyPort, protocol corev1.Protocol, port int32) bool {
	if q.Protocol != nil && *q.Protocol != protocol || q.Protocol == nil && protocol != corev1.ProtocolTCP {
		return false
	}
	if q.Port == nil || q.Port.Type == intstr.String {
		return true
	}
	last := q.Port.IntVal
	if q.EndPort != nil {
		last = *q.EndPort
	}
	return q.Port.IntVal <= port && port <= last
}

// serviceAlone gives the address of the API server's Service where rules let nothing else through to
// its port: a single private address, the first of its range, which is that Service's
// (https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation/).
func serviceAlone(policies []isolating) string {
	only := ""
	for _, p := range policies {
		for _, rule := range p.Spec.Egress {
			if !apiPort(rule) {
				continue
			}
			if len(rule.To) == 0 {
				return ""
			}
			for _, to := range rule.To {
				if to.IPBlock == nil {
					continue
				}
				block, err := netip.ParsePrefix(to.IPBlock.CIDR)
				if err != nil {
					continue
				}
				if !firstOfServices(block) {
					return "" // it may hold an endpoint
				}
				only = to.IPBlock.CIDR
			}
		}
	}
	return only
}

// firstOfServices tells whether a block is one private address that ends as the first of a /16 or
// larger, or is the one that a distribution gives its Service.
func firstOfServices(block netip.Prefix) bool {
	address := block.Addr()
	if !block.IsSingleIP() || !address.Is4() || !address.IsPrivate() {
		return false
	}
	four := address.As4()
	return four[2] == 0 && four[3] == 1 || address == microK8s
}

// microK8s gives its services 10.152.183.0/24.
var microK8s = netip.MustParseAddr("10.152.183.1")

// reachesAddress tells whether some rule lets the API server's port through to addresses.
func reachesAddress(policies []isolating) bool {
	for _, p := range policies {
		for _, rule := range p.Spec.Egress {
			open := len(rule.To) == 0 || slices.ContainsFunc(rule.To, func(to networkingv1.NetworkPolicyPeer) bool { return to.IPBlock != nil })
			if open && apiPort(rule) {
				return true
			}
		}
	}
	return false
}

// apiPort tells whether a rule lets a port of the API server through.
func apiPort(rule networkingv1.NetworkPolicyEgressRule) bool {
	return len(rule.Ports) == 0 || slices.ContainsFunc(rule.Ports, func(q networkingv1.NetworkPolicyPort) bool {
		return covers(q, corev1.ProtocolTCP, 443) || covers(q, corev1.ProtocolTCP, 6443)
	})
}

// apiImages are programs that are nothing without the API server.
var apiImages = regexp.MustCompile(`(^|[/-])(dashboard|kubectl|tkn|argocd|controller|operator|prometheus)([:@-]|$)`)

// callsAPI says why the pods of a workload talk to the API server; empty where nothing tells.
func callsAPI(o manifest.Object) string {
	for _, s := range script.Of(o) {
		for _, c := range s.Facts.Commands {
			if c.Name == "kubectl" || c.Name == "tkn" {
				return fmt.Sprintf("%s %s calls %s, so that it", o.Kind, o.Name, c.Name)
			}
		}
	}
	raw, _ := podTemplate(o)
	reason := ""
	each(raw, manifest.Path{"containers"}, func(_ int, c map[string]any) {
		if image, _ := c["image"].(string); apiImages.MatchString(image) {
			reason = o.Kind + " " + o.Name
		}
	})
	return reason
}
