//go:build e2e

package e2e

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"tenon.dev/tenon/internal/graph"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/test/controlplane"
)

// roles are what pods of the platform's namespace are by their labels; a stranger has none.
var roles = map[string]string{
	"run":      `{"app.kubernetes.io/managed-by":"tekton-pipelines"}`,
	"client":   `{"tenon.dev/api-client":"true"}`,
	"listener": `{"app.kubernetes.io/managed-by":"EventListener"}`,
	"stranger": `{"app":"stranger"}`,
}

// places are what a pod may try to connect to. The API server's Service leads to its endpoint, and it is that
// address which policies are asked of after translation.
var places = []struct {
	name, address string
	port          int
	judged        netip.AddrPort
}{
	{"the forge", forgeAddress, 443, netip.AddrPort{}},
	{"the forge by plain HTTP", forgeAddress, 80, netip.AddrPort{}},
	{"the object store", storeAddress, 443, netip.AddrPort{}},
	{"chat", chatAddress, 443, netip.AddrPort{}},
	{"mail", chatAddress, 587, netip.AddrPort{}},
	{"the package index", indexAddress, 443, netip.AddrPort{}},
	{"a host that nobody named", strangeAddress, 443, netip.AddrPort{}},
	{"the API server's endpoint", controlplane.NodeAddress, 6443, netip.AddrPort{}},
	{"the API server's Service", "10.100.0.1", 443, netip.MustParseAddrPort(controlplane.NodeAddress + ":6443")},
	{"the node's registry", controlplane.NodeAddress, 443, netip.AddrPort{}},
}

// testNetwork asks the real data path what tenon says of the network policies: for a pod of each role, which
// places it reaches and which it does not.
func (c *nodeCluster) testNetwork(t *testing.T, objects []manifest.Object) {
	repository := c.environment.State.Registry + "/git"
	image := repository + "@" + c.digests[repository]
	var pods []manifest.Object
	for role, labels := range roles {
		text := fmt.Sprintf(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"probe-%s","namespace":%q,"labels":%s},"spec":{
"restartPolicy":"Never","terminationGracePeriodSeconds":0,"automountServiceAccountToken":false,
"securityContext":{"runAsNonRoot":true,"runAsUser":1001,"seccompProfile":{"type":"RuntimeDefault"}},
"containers":[{"name":"probe","image":%q,"command":["sleep","86400"],"resources":{"requests":{"cpu":"1m","memory":"8Mi"},"limits":{"memory":"64Mi"}},
"securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}}}]}}`, role, namespace, labels, image)
		pods = append(pods, parse(t, text)...)
		if out, err := c.Kubectl(t.Context(), []byte(text), "apply", "-f", "-"); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	for role := range roles {
		if out, err := c.Kubectl(t.Context(), nil, "-n", namespace, "wait", "--for=condition=Ready", "pod/probe-"+role, "--timeout=90s"); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	may := reachOf(slices.Concat(pods, ofKind(objects, "NetworkPolicy")), pods)
	// The policies are enforced a few seconds after a pod is there: an allowed place opens, and others close.
	eventually(t, time.Minute, "the policies are enforced", func() error {
		if open, _ := c.connects(t, "stranger", forgeAddress, 443); open {
			return fmt.Errorf("a stranger reaches the forge")
		}
		if open, said := c.connects(t, "run", forgeAddress, 443); !open {
			return fmt.Errorf("a run does not reach the forge: %s", said)
		}
		return nil
	})
	asked, yes := 0, 0
	for role := range roles {
		for _, place := range places {
			judged := place.judged
			if !judged.IsValid() {
				judged = netip.AddrPortFrom(netip.MustParseAddr(place.address), uint16(place.port))
			}
			want := may("Pod/probe-"+role, judged)
			got, said := c.connects(t, role, place.address, place.port)
			if place.port == 80 {
				want = want && false // nothing listens there: what is allowed is not open either
			}
			if got != want {
				t.Errorf("%s to %s (%s:%d): open %v, tenon says %v: %s", role, place.name, place.address, place.port, got, want, said)
			}
			asked++
			if got {
				yes++
			}
		}
	}
	for role := range roles {
		_, _ = c.Kubectl(t.Context(), nil, "-n", namespace, "delete", "pod", "probe-"+role, "--wait=false")
	}
	t.Logf("%d connections tried, %d open, all as tenon says", asked, yes)
	c.answer("Does a pod of a role reach an address behind the network policies?", "the node's data path (kube-router)", asked, yes)
}

// connects tells whether a pod of a role can open a connection.
func (c *nodeCluster) connects(t *testing.T, role, address string, port int) (bool, string) {
	t.Helper()
	out, err := c.Kubectl(t.Context(), nil, "-n", namespace, "exec", "probe-"+role, "--", "timeout", "2", "bash", "-c", fmt.Sprintf("exec 3<>/dev/tcp/%s/%d", address, port))
	return err == nil, strings.TrimSpace(out)
}

// reachOf gives what tenon's graph says: it lists connections that pods may make beyond those of a namespace in
// which all is denied.
func reachOf(objects, pods []manifest.Object) func(pod string, to netip.AddrPort) bool {
	deny, _ := manifest.New(map[string]any{
		"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": map[string]any{"name": "deny", "namespace": namespace},
		"spec": map[string]any{"podSelector": map[string]any{}, "policyTypes": []any{"Egress"}},
	}, nil)
	opened := graph.Opened(append(slices.Clone(pods), deny), objects)
	return func(pod string, to netip.AddrPort) bool {
		return slices.ContainsFunc(opened, func(r graph.Reach) bool {
			if r.Pods != pod || r.Direction != "egress" {
				return false
			}
			cidr, except, _ := strings.Cut(r.Peer, " except ")
			block, err := netip.ParsePrefix(cidr)
			if err != nil || !block.Contains(to.Addr()) {
				return false
			}
			for _, hole := range strings.Split(except, ", ") {
				if h, err := netip.ParsePrefix(hole); err == nil && h.Contains(to.Addr()) {
					return false
				}
			}
			return r.Ports == "any" || slices.Contains(strings.Split(r.Ports, ", "), fmt.Sprintf("TCP %d", to.Port()))
		})
	}
}
