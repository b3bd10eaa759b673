package graph

import (
	"fmt"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// automounts says which accounts put a token of the API server into pods, and have no right by any binding in sight.
func (g *graph) automounts() {
	for _, o := range g.ofKind("ServiceAccount") {
		mounts, stated := manifest.Lookup(o.Value, manifest.Path{"automountServiceAccountToken"})
		if g.isBoundAccount(o.Name) || g.refusesTokens(o) {
			continue
		}
		remedy := "write automountServiceAccountToken: false, and true in the pods that ask the API server"
		switch {
		case mounts == true:
			g.add(o, "graph/automounted-token", finding.Info, manifest.Path{"automountServiceAccountToken"},
				fmt.Sprintf("each pod of ServiceAccount %s gets a token of the API server, and no role in sight gives it a use", o.Name), remedy)
		case !stated && o.Name == "default":
			g.add(o, "graph/automounted-token", finding.Info, manifest.Path{"metadata", "name"}, "each pod that names no account gets a token of the API server", remedy)
		}
	}
}

// refusesTokens tells whether all pods in sight that have an account say themselves that they want no token of it.
func (g *graph) refusesTokens(account manifest.Object) bool {
	found := false
	for _, p := range g.allPods() {
		if p.namespace != account.Namespace || p.account() != account.Name {
			continue
		}
		if p.spec.AutomountServiceAccountToken == nil || *p.spec.AutomountServiceAccountToken {
			return false
		}
		found = true
	}
	return found
}
