package graph

import (
	"fmt"
	"strings"

	resourcev1 "k8s.io/api/resource/v1"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// queueLabel names the LocalQueue that Kueue admits a workload by (https://kueue.sigs.k8s.io/docs/tasks/run/jobs/).
const queueLabel = "kueue.x-k8s.io/queue-name"

// queues follows workloads to their LocalQueue, that to its ClusterQueue, and that to its flavors: where one of them is missing
// Kueue keeps the workload suspended, and says so in an event only.
func (g *graph) queues() {
	for _, o := range g.Objects {
		group, _, _ := strings.Cut(o.APIVersion, "/")
		switch {
		case group == "kueue.x-k8s.io" && o.Kind == "LocalQueue":
			name, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "clusterQueue"})
			g.queue(o, "ClusterQueue", "", name, manifest.Path{"spec", "clusterQueue"}, "nothing of its workloads starts")
		case group == "kueue.x-k8s.io" && o.Kind == "ClusterQueue":
			each(o.Value, manifest.Path{"spec", "resourceGroups"}, func(i int, r map[string]any) {
				each(r, manifest.Path{"flavors"}, func(j int, f map[string]any) {
					g.queue(o, "ResourceFlavor", "", f["name"], manifest.Path{"spec", "resourceGroups", i, "flavors", j, "name"}, "the queue is inactive")
				})
			})
		case group != "kueue.x-k8s.io":
			for _, at := range []manifest.Path{{"metadata", "labels"}, {"spec", "template", "metadata", "labels"}} {
				labels, _ := lookupMap(o.Value, at...)
				g.queue(o, "LocalQueue", o.Namespace, labels[queueLabel], at.Append(queueLabel), "Kueue keeps it waiting")
			}
		}
	}
}

func (g *graph) queue(o manifest.Object, kind, namespace string, value any, at manifest.Path, then string) {
	name, _ := value.(string)
	if name == "" || variable(name) || g.has(o, kind, namespace, name) {
		return
	}
	g.unresolved(o, "graph/queue-not-found", at, fmt.Sprintf("there is no %s %s%s: %s", kind, name, within(namespace), then),
		pick("create it, or name one that exists", g.names(kind, namespace)))
}

// uncoveredByQueue finds GPUs that a workload requests and that its ClusterQueue has none of: Kueue never admits it
// (https://kueue.sigs.k8s.io/docs/concepts/cluster_queue/#resources).
func (g *graph) uncoveredByQueue() {
	for _, p := range g.allPods() {
		if p.tekton {
			continue
		}
		name := p.meta.Labels[queueLabel]
		if labels, ok := lookupMap(p.in.Value, "metadata", "labels"); ok && name == "" {
			name, _ = labels[queueLabel].(string)
		}
		local, found := g.find(p.in, "LocalQueue", p.namespace, name)
		if name == "" || !found {
			continue
		}
		cluster, _ := manifest.Lookup(local.Value, manifest.Path{"spec", "clusterQueue"})
		queue, found := g.find(local, "ClusterQueue", "", fmt.Sprint(cluster))
		if !found {
			continue
		}
		for _, c := range p.spec.Containers {
			for resource := range c.Resources.Limits {
				if isGPU(string(resource)) && !inQueue(queue, string(resource)) {
					g.add(p.in, "graph/queue-without-resource", finding.Warning, p.at,
						fmt.Sprintf("container %s asks for %s, which ClusterQueue %s does not cover: Kueue never admits it", c.Name, resource, queue.Name),
						"add the resource to coveredResources and to a flavor of the queue, or name another queue")
				}
			}
		}
	}
}

// isGPU tells whether a resource is an accelerator that is counted.
func isGPU(resource string) bool {
	for _, prefix := range []string{"nvidia.com/", resourcev1.ResourceDeviceClassPrefix + "gpu.", resourcev1.ResourceDeviceClassPrefix + "mig.", "amd.com/gpu", "gpu.intel.com/"} {
		if strings.HasPrefix(resource, prefix) {
			return true
		}
	}
	return false
}

// inQueue tells whether a ClusterQueue has quota of a resource.
func inQueue(queue manifest.Object, resource string) (covered bool) {
	each(queue.Value, manifest.Path{"spec", "resourceGroups"}, func(_ int, r map[string]any) {
		list, _ := r["coveredResources"].([]any)
		for _, item := range list {
			covered = covered || item == resource
		}
	})
	return covered
}
