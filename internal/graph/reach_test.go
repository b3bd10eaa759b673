package graph_test

import (
	"fmt"
	"testing"
	"time"

	"tenon.dev/tenon/internal/graph"
	"tenon.dev/tenon/internal/manifest"
)

func object(t *testing.T, value map[string]any) manifest.Object {
	t.Helper()
	o, ok := manifest.New(value, nil)
	if !ok {
		t.Fatal("no object")
	}
	return o
}

func pod(t *testing.T, labels map[string]any) manifest.Object {
	return object(t, map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "p", "namespace": "n", "labels": labels}, "spec": map[string]any{}})
}

func policy(t *testing.T, labels map[string]any, cidrs ...string) manifest.Object {
	var to []any
	for _, cidr := range cidrs {
		to = append(to, map[string]any{"ipBlock": map[string]any{"cidr": cidr}})
	}
	return object(t, map[string]any{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": map[string]any{"name": "x", "namespace": "n"},
		"spec": map[string]any{"podSelector": map[string]any{"matchLabels": labels}, "policyTypes": []any{"Egress"}, "egress": []any{map[string]any{"to": to}}}})
}

func deny(t *testing.T) manifest.Object {
	return object(t, map[string]any{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": map[string]any{"name": "deny", "namespace": "n"},
		"spec": map[string]any{"podSelector": map[string]any{}, "policyTypes": []any{"Egress"}}})
}

// TestOpenedByLabels: a pod that gets the label of a policy may do what that lets through.
func TestOpenedByLabels(t *testing.T) {
	open := policy(t, map[string]any{"role": "db"}, "10.0.0.0/8")
	before := []manifest.Object{deny(t), open, pod(t, nil)}
	after := []manifest.Object{deny(t), open, pod(t, map[string]any{"role": "db"})}
	if got := graph.Opened(before, after); len(got) != 1 || got[0].Peer != "10.0.0.0/8" {
		t.Errorf("with the label: %v", got)
	}
	if got := graph.Opened(after, before); len(got) != 0 {
		t.Errorf("without it: %v", got)
	}
}

// TestOpenedByBlocks: a narrower block is within a wider one.
func TestOpenedByBlocks(t *testing.T) {
	of := func(cidrs ...string) []manifest.Object {
		return []manifest.Object{pod(t, nil), policy(t, map[string]any{}, cidrs...)}
	}
	if got := graph.Opened(of("10.0.0.0/8", "fd00::/8"), of("10.1.0.0/16", "fd01::/16", "10.0.0.0/8")); len(got) != 0 {
		t.Errorf("within: %v", got)
	}
	if got := graph.Opened(of("10.1.0.0/16"), of("10.0.0.0/8", "11.0.0.0/8")); len(got) != 2 {
		t.Errorf("beyond: %v", got)
	}
}

// TestOpenedMany: thousands of blocks that all change take no square of that.
func TestOpenedMany(t *testing.T) {
	of := func(first int) []manifest.Object {
		var cidrs []string
		for i := range 6000 {
			cidrs = append(cidrs, fmt.Sprintf("%d.%d.%d.0/24", first, i/256, i%256))
		}
		return []manifest.Object{pod(t, nil), policy(t, map[string]any{}, cidrs...)}
	}
	started := time.Now()
	got := graph.Opened(of(10), of(11))
	if took := time.Since(started); len(got) != 6000 || took > 10*time.Second {
		t.Errorf("%d after %s", len(got), took)
	}
}
