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
		if g.isBoundAccount(o.Name) {
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
