package graph

import (
	"fmt"
	"path"
	"strings"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// hostnameAnnotation is what ExternalDNS makes records of
// (https://kubernetes-sigs.github.io/external-dns/latest/docs/annotations/annotations/).
const hostnameAnnotation = "external-dns.alpha.kubernetes.io/hostname"

// hostnames finds two objects that ask ExternalDNS for one name. Files of several folders may be for several clusters.
func (g *graph) hostnames() {
	taken := map[string]manifest.Object{}
	for _, o := range g.Objects {
		annotations, _ := lookupMap(o.Value, "metadata", "annotations")
		names, _ := annotations[hostnameAnnotation].(string)
		if _, shared := annotations["external-dns.alpha.kubernetes.io/set-identifier"]; shared { // records of one name, by weight or region
			continue
		}
		for name := range strings.SplitSeq(names, ",") {
			name = strings.ToLower(strings.Trim(strings.TrimSpace(name), "."))
			if name == "" || variable(name) {
				continue
			}
			id := path.Dir(o.File) + " " + name
			if other, two := taken[id]; two && (other.Kind != o.Kind || other.Name != o.Name || other.Namespace != o.Namespace) {
				g.add(o, "graph/hostname-conflict", finding.Warning, manifest.Path{"metadata", "annotations", hostnameAnnotation},
					fmt.Sprintf("%s asks for %s, too: ExternalDNS gives the name to one of them", other.Ref(), name), "give each a name of its own")
				continue
			}
			taken[id] = o
		}
	}
}
