package graph

import (
	"fmt"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

const enforceLabel = "pod-security.kubernetes.io/enforce"

// podSecurity checks that runs can start in a namespace that enforces Pod Security restricted.
// Tekton's own init containers and its affinity assistants fit that only with its feature flag
// set-security-context; without it every TaskRun fails.
func (g *graph) podSecurity() {
	if g.Facts.Tekton.SetSecurityContext {
		return
	}
	for _, o := range g.Objects {
		if o.Kind != "Namespace" || labelsAt(o, "metadata", "labels")[enforceLabel] != "restricted" || !g.runsIn(o.Name) {
			continue
		}
		g.add(o, "graph/pod-security", finding.Error, manifest.Path{"metadata", "labels", enforceLabel},
			fmt.Sprintf("namespace %s enforces Pod Security restricted, which Tekton's init containers do not meet by default: every TaskRun fails", o.Name),
			"set set-security-context to true in Tekton's feature-flags and state it in facts.tekton.setSecurityContext")
	}
}

func (g *graph) runsIn(namespace string) bool {
	for _, r := range g.Runs {
		if r.Object.Namespace == namespace {
			return true
		}
	}
	return false
}
