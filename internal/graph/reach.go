package graph

import (
	"cmp"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// Reach is a connection that pods may make or take by the network policies over them.
type Reach struct {
	// Pods are the workloads that make the pods, as Kind/name.
	Pods string
	// Direction is egress or ingress.
	Direction string
	// Peer is whom they reach or who reaches them; anyone, where no policy limits it.
	Peer string
	// Ports as protocol and number; any, where no rule limits them.
	Ports string
	// Policy that allows it; without a name where none limits the pods.
	Policy finding.Object

	// selector of the policy, and whether it selects the pods whatever their labels are at run time.
	selector string
	surely   bool
}

const (
	anyone  = "anyone"
	anyPort = "any"
)

// Opened lists the connections that workloads of both versions may make or take now and could not
// before, and new workloads that no policy limits. Cilium's own policies are not read.
func Opened(before, after []manifest.Object) []Reach {
	now := networkOf(after)
	old := networkOf(before)
	now.before = &old
	var opened []Reach
	for _, w := range now.pods {
		// What a workload could do it could with the labels that it had.
		was := old.find(w.namespace, w.who)
		if was < 0 && w.within != "" {
			was = old.find(w.namespace, w.within) // what gave its task no labels had the pods of all
		}
		if was < 0 && len(old.policies) == 0 {
			continue // where nothing is limited, this is not either
		}
		for _, direction := range []networkingv1.PolicyType{networkingv1.PolicyTypeEgress, networkingv1.PolicyTypeIngress} {
			var had covered
			if was >= 0 {
				had = old.covered(old.pods[was], direction)
			}
			for _, r := range now.reach(w, direction) {
				if was < 0 && r.Policy.Name != "" && old.lets(r, direction) {
					continue // of a new workload no more is told than what no other of its namespace may
				}
				if was < 0 || !had.includes(r) {
					opened = append(opened, r)
				}
			}
		}
	}
	return opened
}

// lets tells whether some workload of a policy's namespace could make or take a connection.
func (n network) lets(r Reach, direction networkingv1.PolicyType) bool {
	return slices.ContainsFunc(n.pods, func(w workload) bool {
		return w.namespace == r.Policy.Namespace && n.covered(w, direction).includes(r)
	})
}

// find is where a workload is among the pods; -1 where it is not.
func (n network) find(namespace, who string) int {
	return slices.IndexFunc(n.pods, func(o workload) bool { return o.who == who && o.namespace == namespace })
}

// network is what decides about connections: workloads and policies.
type network struct {
	pods     []workload
	policies []networkingv1.NetworkPolicy
	// before is what it was, where changes are looked for.
	before *network
	// known are the connections of workloads that were asked for.
	known map[string]covered
}

func networkOf(objects []manifest.Object) network {
	n := network{pods: workloads(objects), known: map[string]covered{}}
	for _, o := range objects {
		if o.Kind == "NetworkPolicy" && strings.HasPrefix(o.APIVersion, "networking.k8s.io/") {
			if p, ok := as[networkingv1.NetworkPolicy](o.Value); ok {
				n.policies = append(n.policies, p)
			}
		}
	}
	return n
}

// covered are connections by their peers, so that one is found among thousands: blocks of addresses by
// what is looked for, from the narrowest that may hold another to the widest.
type covered struct {
	peers  map[string][]Reach
	blocks map[netip.Prefix][]Reach
}

// covered are the connections of a workload in one direction.
func (n network) covered(w workload, direction networkingv1.PolicyType) covered {
	id := w.namespace + "/" + w.who + "/" + string(direction)
	if known, ok := n.known[id]; ok {
		return known
	}
	c := covered{map[string][]Reach{}, map[netip.Prefix][]Reach{}}
	for _, r := range n.reach(w, direction) {
		c.peers[r.Peer] = append(c.peers[r.Peer], r)
		if block, ok := blockOf(r.Peer); ok {
			c.blocks[block.Masked()] = append(c.blocks[block.Masked()], r)
		}
	}
	n.known[id] = c
	return c
}

func blockOf(peer string) (netip.Prefix, bool) {
	cidr, _, _ := strings.Cut(peer, " except ")
	block, err := netip.ParsePrefix(cidr)
	return block, err == nil
}

// includes tells whether one of the connections covers another.
func (c covered) includes(r Reach) bool {
	covers := func(h Reach) bool { return h.includes(r) }
	if slices.ContainsFunc(c.peers[r.Peer], covers) || slices.ContainsFunc(c.peers[anyone], covers) {
		return true
	}
	block, ok := blockOf(r.Peer)
	for bits := block.Bits(); ok && bits >= 0; bits-- {
		if wider, err := block.Addr().Prefix(bits); err == nil && slices.ContainsFunc(c.blocks[wider], covers) {
			return true
		}
	}
	return false
}

// reach lists what the policies over a workload's pods let through in one direction.
func (n network) reach(w workload, direction networkingv1.PolicyType) []Reach {
	limited := false
	var all []Reach
	for _, p := range n.policies {
		selector, err := metav1.LabelSelectorAsSelector(&p.Spec.PodSelector)
		if err != nil || p.Namespace != w.namespace || !applies(p, direction) || !w.matches(selector) {
			continue
		}
		// Whether a new policy isolates pods by labels that are made at run time is not known.
		limited = limited || w.surely(selector) || n.before == nil || n.before.isolates(p)
		policy := finding.Object{APIVersion: p.APIVersion, Kind: p.Kind, Namespace: p.Namespace, Name: p.Name}
		for _, r := range rulesOf(p, direction) {
			for _, peer := range r.peers {
				all = append(all, Reach{w.who, strings.ToLower(string(direction)), peer, r.ports, policy, selector.String(), w.surely(selector)})
			}
		}
	}
	if !limited {
		return []Reach{{Pods: w.who, Direction: strings.ToLower(string(direction)), Peer: anyone, Ports: anyPort, surely: true}}
	}
	return all
}

// isolates tells whether a policy of the network selects the same pods as another, in the same directions.
func (n network) isolates(other networkingv1.NetworkPolicy) bool {
	return slices.ContainsFunc(n.policies, func(p networkingv1.NetworkPolicy) bool {
		return p.Namespace == other.Namespace && reflect.DeepEqual(p.Spec.PodSelector, other.Spec.PodSelector) && slices.Equal(p.Spec.PolicyTypes, other.Spec.PolicyTypes)
	})
}

// applies tells whether a policy limits a direction: without policyTypes it limits ingress, and egress
// if it has rules for it.
func applies(p networkingv1.NetworkPolicy, direction networkingv1.PolicyType) bool {
	if len(p.Spec.PolicyTypes) > 0 {
		return slices.Contains(p.Spec.PolicyTypes, direction)
	}
	return direction == networkingv1.PolicyTypeIngress || len(p.Spec.Egress) > 0
}

type connection struct {
	peers []string
	ports string
}

func rulesOf(p networkingv1.NetworkPolicy, direction networkingv1.PolicyType) []connection {
	var all []connection
	if direction == networkingv1.PolicyTypeEgress {
		for _, r := range p.Spec.Egress {
			all = append(all, connection{peersOf(r.To, p.Namespace), portsOf(r.Ports)})
		}
		return all
	}
	for _, r := range p.Spec.Ingress {
		all = append(all, connection{peersOf(r.From, p.Namespace), portsOf(r.Ports)})
	}
	return all
}

func peersOf(peers []networkingv1.NetworkPolicyPeer, namespace string) []string {
	if len(peers) == 0 {
		return []string{anyone}
	}
	var all []string
	for _, p := range peers {
		if p.IPBlock != nil {
			text := p.IPBlock.CIDR
			if len(p.IPBlock.Except) > 0 {
				text += " except " + strings.Join(slices.Sorted(slices.Values(p.IPBlock.Except)), ", ")
			}
			all = append(all, text)
			continue
		}
		text := "pods"
		if p.PodSelector != nil && len(p.PodSelector.MatchLabels)+len(p.PodSelector.MatchExpressions) > 0 {
			text += " " + metav1.FormatLabelSelector(p.PodSelector)
		}
		switch {
		case p.NamespaceSelector == nil:
			text += " of " + cmp.Or(namespace, metav1.NamespaceDefault)
		case len(p.NamespaceSelector.MatchLabels)+len(p.NamespaceSelector.MatchExpressions) == 0:
			text += " of all namespaces"
		default:
			text += " of namespaces " + metav1.FormatLabelSelector(p.NamespaceSelector)
		}
		all = append(all, text)
	}
	return all
}

func portsOf(ports []networkingv1.NetworkPolicyPort) string {
	var all []string
	for _, p := range ports {
		text := "TCP"
		if p.Protocol != nil {
			text = string(*p.Protocol)
		}
		if p.Port != nil {
			text += " " + p.Port.String()
		}
		if p.EndPort != nil {
			text += fmt.Sprintf("-%d", *p.EndPort)
		}
		all = append(all, text)
	}
	if len(all) == 0 {
		return anyPort
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// includes tells whether a connection that was allowed covers another: the same, a wider address
// block, or fewer limits on the ports.
func (r Reach) includes(other Reach) bool {
	// What only some pods of a workload may, by labels that they get at run time, the others may not: it covers no
	// more than the same of the same policy.
	if !r.surely && (r.Policy != other.Policy || r.selector != other.selector) {
		return false
	}
	return (r.Peer == anyone || r.Peer == other.Peer || blockIncludes(r.Peer, other.Peer)) &&
		(r.Ports == anyPort || r.Ports == other.Ports || portsInclude(r.Ports, other.Ports))
}

func portsInclude(had, now string) bool {
	list := strings.Split(had, ", ")
	for _, port := range strings.Split(now, ", ") {
		protocol, _, _ := strings.Cut(port, " ")
		if !slices.Contains(list, port) && !slices.Contains(list, protocol) {
			return false
		}
	}
	return true
}

// blockIncludes tells whether an address block holds another. Exceptions of the wider one have to be
// among those of the narrower.
func blockIncludes(wide, narrow string) bool {
	wideCIDR, wideExcept, _ := strings.Cut(wide, " except ")
	narrowCIDR, narrowExcept, _ := strings.Cut(narrow, " except ")
	w, errWide := netip.ParsePrefix(wideCIDR)
	n, errNarrow := netip.ParsePrefix(narrowCIDR)
	if errWide != nil || errNarrow != nil || w.Bits() > n.Bits() || !w.Contains(n.Addr()) {
		return false
	}
	for _, except := range strings.Split(wideExcept, ", ") {
		hole, err := netip.ParsePrefix(except)
		if err == nil && hole.Overlaps(n) && !slices.Contains(strings.Split(narrowExcept, ", "), except) {
			return false
		}
	}
	return true
}
