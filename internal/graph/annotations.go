package graph

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

//go:embed ingress/annotations.txt
var ingressAnnotationsText string

// ofControllers are the annotations that ingress controllers read, by their prefix. One that ends in a star has more behind it.
var ofControllers = sync.OnceValue(func() map[string][]string {
	known := map[string][]string{}
	for line := range strings.Lines(ingressAnnotationsText) {
		if prefix, name, ok := strings.Cut(strings.TrimSpace(line), "/"); ok && !strings.HasPrefix(line, "#") {
			known[prefix] = append(known[prefix], name)
		}
	}
	return known
})

// unknownAnnotations finds annotations of an Ingress that its controller does not have, and passes over without a word.
func (g *graph) unknownAnnotations(o manifest.Object) {
	annotations, _ := lookupMap(o.Value, "metadata", "annotations")
	for _, key := range slices.Sorted(maps.Keys(annotations)) {
		prefix, name, _ := strings.Cut(key, "/")
		known := ofControllers()[prefix]
		if len(known) == 0 || strings.ContainsAny(key, "$({") || slices.ContainsFunc(known, func(k string) bool { return isAnnotation(k, strings.ToLower(name)) }) {
			continue
		}
		remedy := "correct its name, or leave it out: " + controllers[prefix] + " lists what there is"
		if near := finding.Nearest(name, known); near != "" {
			remedy = "did you mean " + prefix + "/" + near + "?"
		}
		g.add(o, "graph/ingress-annotation", finding.Warning, manifest.Path{"metadata", "annotations", key},
			fmt.Sprintf("the controller reads no annotation %s, and passes over it", key), remedy)
	}
}

// isAnnotation compares a name with one that a controller has.
func isAnnotation(known, name string) bool {
	if start, more := strings.CutSuffix(known, "*"); more {
		return strings.HasPrefix(name, start)
	}
	return known == name
}

// controllers say where annotations are documented.
var controllers = map[string]string{
	"nginx.ingress.kubernetes.io":   "https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/",
	"alb.ingress.kubernetes.io":     "https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/",
	"traefik.ingress.kubernetes.io": "https://doc.traefik.io/traefik/reference/routing-configuration/kubernetes/ingress/",
}
