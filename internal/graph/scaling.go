package graph

import (
	"cmp"
	"fmt"
	"path"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// autoscalers checks that each workload is scaled by one, and by nobody else.
func (g *graph) autoscalers() {
	taken := map[string]manifest.Object{}
	for _, o := range g.ofKind("HorizontalPodAutoscaler") {
		target, _ := lookupMap(o.Value, "spec", "scaleTargetRef")
		kind, name := fmt.Sprint(target["kind"]), fmt.Sprint(target["name"])
		id := path.Dir(o.File) + " " + o.Namespace + " " + kind + " " + name
		if other, two := taken[id]; two && other.Name != o.Name {
			g.add(o, "graph/autoscaler-conflict", finding.Warning, manifest.Path{"spec", "scaleTargetRef"},
				fmt.Sprintf("HorizontalPodAutoscaler %s scales %s %s, too: each sets what the other has undone", other.Name, kind, name), "put the metrics of both into one")
			continue
		}
		taken[id] = o
		least, most := numberAt(o, 1, "spec", "minReplicas"), numberAt(o, 0, "spec", "maxReplicas")
		if least == most {
			g.add(o, "graph/autoscaler-fixed", finding.Info, manifest.Path{"spec", "maxReplicas"}, fmt.Sprintf("minReplicas and maxReplicas are %d: it never scales", most), "raise maxReplicas, or leave the autoscaler out")
		}
		workload, found := g.find(o, kind, o.Namespace, name)
		if _, stated := manifest.Lookup(workload.Value, manifest.Path{"spec", "replicas"}); found && stated {
			g.add(workload, "graph/autoscaler-replicas", finding.Warning, manifest.Path{"spec", "replicas"},
				fmt.Sprintf("replicas are written, and HorizontalPodAutoscaler %s sets them: each time that the manifest is applied they jump back", o.Name),
				"leave replicas out; with Argo CD ignoreDifferences do the same")
		}
	}
	g.scaledTwice(taken)
}

// scaledTwice finds workloads that an autoscaler of one's own and one that KEDA makes scale: KEDA's admission webhook refuses it
// (https://keda.sh/docs/latest/concepts/scaling-deployments/), where it is installed.
func (g *graph) scaledTwice(taken map[string]manifest.Object) {
	for _, o := range g.ofKind("ScaledObject") {
		target, _ := lookupMap(o.Value, "spec", "scaleTargetRef")
		kind, _ := target["kind"].(string)
		kind = cmp.Or(kind, "Deployment")
		if other, two := taken[path.Dir(o.File)+" "+o.Namespace+" "+kind+" "+fmt.Sprint(target["name"])]; two {
			g.add(o, "graph/autoscaler-conflict", finding.Warning, manifest.Path{"spec", "scaleTargetRef"},
				fmt.Sprintf("HorizontalPodAutoscaler %s scales %s %v, too: each sets what the other has undone", other.Name, kind, target["name"]), "put its metrics into triggers of the ScaledObject")
		}
	}
}

// ofKind are the objects of a kind.
func (g *graph) ofKind(kind string) []manifest.Object {
	if g.kinds == nil {
		g.kinds = map[string][]manifest.Object{}
		for _, o := range g.Objects {
			g.kinds[o.Kind] = append(g.kinds[o.Kind], o)
		}
	}
	return g.kinds[kind]
}
