package graph

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// selectors checks what selects pods or Services by their labels: one that selects nothing does
// nothing, and says so nowhere.
func (g *graph) selectors() {
	for _, o := range g.Objects {
		switch o.Kind {
		case "Service":
			g.service(o)
		case "PodDisruptionBudget":
			if b, ok := as[policyv1.PodDisruptionBudget](o.Value); ok {
				g.disruptionBudget(o, b)
			}
		case "PodMonitor":
			if selector, ok := monitored(o); ok {
				g.selectsPods(o, "graph/monitor-selects-nothing", selector, "nothing is scraped")
			}
		case "ServiceMonitor":
			g.serviceMonitor(o)
		}
	}
}

// selectsPods reports an object whose selector matches no pod of its namespace.
func (g *graph) selectsPods(o manifest.Object, rule string, selector labels.Selector, then string) bool {
	if g.selects(o.Namespace, selector) {
		return true
	}
	g.unresolved(o, rule, manifest.Path{"spec", "selector"},
		fmt.Sprintf("no pod%s matches %s: %s", within(o.Namespace), selector, then), "select labels that the pods have")
	return false
}

func (g *graph) service(o manifest.Object) {
	service, ok := as[corev1.Service](o.Value)
	if !ok || o.APIVersion != "v1" || len(service.Spec.Selector) == 0 || service.Spec.Type == corev1.ServiceTypeExternalName {
		return
	}
	selector := labels.SelectorFromSet(service.Spec.Selector)
	if g.selectsPods(o, "graph/service-selects-nothing", selector, "the Service has no endpoints") {
		g.servicePorts(o, service, selector)
	}
}

// servicePorts checks that named target ports exist in the pods.
func (g *graph) servicePorts(o manifest.Object, service corev1.Service, selector labels.Selector) {
	var names []string
	var numbers []int32
	matched, declared := false, true
	for _, pods := range g.portsIn(o.Namespace) {
		if selector.Matches(pods.labels) {
			matched, declared = true, declared && len(pods.numbers) > 0
			names, numbers = append(names, pods.names...), append(numbers, pods.numbers...)
		}
	}
	for i, p := range service.Spec.Ports {
		if matched && p.TargetPort.Type == intstr.String && p.TargetPort.StrVal != "" && !slices.Contains(names, p.TargetPort.StrVal) {
			g.add(o, "graph/port-not-found", finding.Error, manifest.Path{"spec", "ports", i, "targetPort"},
				fmt.Sprintf("no container of the selected pods has a port named %s: the Service leads nowhere", p.TargetPort.StrVal),
				pick("name a port that a container has", slices.DeleteFunc(names, func(n string) bool { return n == "" })))
		}
		// What a container says of its ports opens none: it may listen on others.
		if number := targetNumber(p); matched && declared && number > 0 && !slices.Contains(numbers, number) {
			g.add(o, "graph/port-not-found", finding.Info, manifest.Path{"spec", "ports", i, "targetPort"},
				fmt.Sprintf("the containers of the selected pods declare ports, and none declares %d: see that one listens there", number), "write the port that the container listens on, or declare it there")
		}
	}
}

// targetNumber is the port by number that a Service leads to; 0 where it is asked for by name.
func targetNumber(p corev1.ServicePort) int32 {
	switch {
	case p.TargetPort.Type == intstr.String && p.TargetPort.StrVal != "":
		return 0
	case p.TargetPort.IntVal != 0:
		return p.TargetPort.IntVal
	}
	return p.Port
}

// ported are pods of one template, with the names and numbers of their ports.
type ported struct {
	labels  labels.Set
	names   []string
	numbers []int32
}

// portsIn lists the pods of a namespace; they are read once, however many Services ask.
func (g *graph) portsIn(namespace string) []ported {
	if g.ports == nil {
		g.ports = map[string][]ported{}
		for _, w := range g.Objects {
			raw, at := podTemplate(w)
			if raw == nil {
				continue
			}
			pods := ported{labels: labelsAt(w, at[:len(at)-1].Append("metadata", "labels")...)}
			spec, _ := as[corev1.PodSpec](raw)
			for _, c := range serving(spec) {
				for _, p := range c.Ports {
					pods.names, pods.numbers = append(pods.names, p.Name), append(pods.numbers, p.ContainerPort)
				}
			}
			g.ports[w.Namespace] = append(g.ports[w.Namespace], pods)
		}
	}
	return g.ports[namespace]
}

// serving are the containers that run as long as the pod does: native sidecars stand among the init containers.
func serving(spec corev1.PodSpec) []corev1.Container {
	all := slices.Clone(spec.Containers)
	for _, c := range spec.InitContainers {
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			all = append(all, c)
		}
	}
	return all
}

// monitored is what a monitor of the Prometheus operator selects; ok is false where it looks into
// other namespaces: exporters of installed operators are not among the objects.
func monitored(o manifest.Object) (selector labels.Selector, ok bool) {
	raw, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "selector"})
	wanted, ok := as[metav1.LabelSelector](raw)
	selector, err := metav1.LabelSelectorAsSelector(&wanted)
	scope, _ := lookupMap(o.Value, "spec", "namespaceSelector")
	return selector, ok && err == nil && len(scope) == 0
}

// serviceMonitor checks that a monitor selects a Service, and ports that it has.
func (g *graph) serviceMonitor(o manifest.Object) {
	selector, ok := monitored(o)
	if !ok {
		return
	}
	found := false
	var ports []string
	for _, s := range g.Objects {
		if s.Kind == "Service" && s.Namespace == o.Namespace && selector.Matches(labels.Set(labelsAt(s, "metadata", "labels"))) {
			found = true
			each(s.Value, manifest.Path{"spec", "ports"}, func(_ int, p map[string]any) {
				name, _ := p["name"].(string)
				ports = append(ports, name)
			})
		}
	}
	if !found {
		if slices.ContainsFunc(g.Objects, func(e manifest.Object) bool { return e.Kind == "EventListener" && e.Namespace == o.Namespace }) {
			return // its Service is made by Triggers
		}
		g.unresolved(o, "graph/monitor-selects-nothing", manifest.Path{"spec", "selector"},
			fmt.Sprintf("no Service%s matches %s: nothing is scraped", within(o.Namespace), selector),
			"select labels that the Service itself has, not its pods; name its namespace in namespaceSelector")
		return
	}
	each(o.Value, manifest.Path{"spec", "endpoints"}, func(i int, e map[string]any) {
		if port, _ := e["port"].(string); port != "" && !slices.Contains(ports, port) {
			g.add(o, "graph/port-not-found", finding.Error, manifest.Path{"spec", "endpoints", i, "port"},
				fmt.Sprintf("the selected Services have no port named %s: nothing is scraped", port), "name one that they have: "+listOrNone(ports))
		}
	})
}

// authSecrets are annotations of ingress controllers that name a Secret with who may enter.
var authSecrets = []string{"nginx.ingress.kubernetes.io/auth-secret", "ingress.kubernetes.io/auth-secret", "nginx.ingress.kubernetes.io/auth-tls-secret"}

// ingresses checks the backends, certificates and password files of Ingresses.
func (g *graph) ingresses() {
	certified := map[string]bool{} // names of Secrets that cert-manager makes
	for _, o := range g.Objects {
		if o.Kind == "Certificate" {
			if name, ok := manifest.Lookup(o.Value, manifest.Path{"spec", "secretName"}); ok {
				certified[fmt.Sprint(name)] = true
			}
		}
	}
	for _, o := range g.Objects {
		if o.Kind != "Ingress" {
			continue
		}
		spec, _ := o.Value["spec"].(map[string]any)
		if backend, ok := lookupMap(spec, "defaultBackend"); ok {
			g.backend(o, backend, manifest.Path{"spec", "defaultBackend"})
		}
		each(spec, manifest.Path{"rules"}, func(i int, r map[string]any) {
			each(r, manifest.Path{"http", "paths"}, func(j int, p map[string]any) {
				if backend, ok := lookupMap(p, "backend"); ok {
					g.backend(o, backend, manifest.Path{"spec", "rules", i, "http", "paths", j, "backend"})
				}
			})
		})
		each(spec, manifest.Path{"tls"}, func(i int, t map[string]any) {
			if name, ok := t["secretName"].(string); !ok || !certified[name] {
				g.certificate(o, t["secretName"], manifest.Path{"spec", "tls", i, "secretName"})
			}
		})
		annotations, _ := lookupMap(o.Value, "metadata", "annotations")
		for _, key := range authSecrets {
			if name, ok := annotations[key].(string); ok {
				g.secret(o, o.Namespace, name, nil, manifest.Path{"metadata", "annotations", key})
			}
		}
	}
}

// certificate checks the Secret of a certificate, unless an annotation has cert-manager make it.
func (g *graph) certificate(o manifest.Object, name any, at manifest.Path) {
	annotations, _ := lookupMap(o.Value, "metadata", "annotations")
	if annotations["cert-manager.io/cluster-issuer"] != nil || annotations["cert-manager.io/issuer"] != nil {
		return
	}
	g.secret(o, o.Namespace, name, nil, at)
}

func (g *graph) backend(o manifest.Object, backend map[string]any, at manifest.Path) {
	service, ok := lookupMap(backend, "service")
	name, _ := service["name"].(string)
	if !ok || name == "" || g.madeService(o, name) {
		return
	}
	target, found := g.find(o, "Service", o.Namespace, name)
	if !found {
		g.unresolved(o, "graph/service-not-found", at.Append("service", "name"),
			fmt.Sprintf("there is no Service %s%s: requests end in 503", name, within(o.Namespace)),
			pick("name one that exists", g.names("Service", o.Namespace)))
		return
	}
	port, _ := lookupMap(service, "port")
	var offered []string
	matches := false
	each(target.Value, manifest.Path{"spec", "ports"}, func(_ int, p map[string]any) {
		offered = append(offered, fmt.Sprint(p["port"]))
		matches = matches || port["number"] != nil && fmt.Sprint(port["number"]) == fmt.Sprint(p["port"]) || port["name"] != nil && port["name"] == p["name"]
	})
	if !matches && (port["number"] != nil || port["name"] != nil) {
		g.add(o, "graph/port-not-found", finding.Error, at.Append("service", "port"),
			fmt.Sprintf("Service %s has no such port, only %s", name, listOrNone(offered)), "name one of its ports")
	}
}

// madeService tells whether Triggers makes a Service of that name for an EventListener.
func (g *graph) madeService(o manifest.Object, name string) bool {
	listener, made := strings.CutPrefix(name, "el-")
	return made && g.has(o, "EventListener", o.Namespace, listener)
}

// nodePorts checks that each port of the nodes is asked for once.
func (g *graph) nodePorts() {
	taken := map[string]manifest.Object{}
	for _, o := range g.Objects {
		if o.Kind != "Service" {
			continue
		}
		each(o.Value, manifest.Path{"spec", "ports"}, func(i int, p map[string]any) {
			port := fmt.Sprint(p["nodePort"], p["protocol"])
			if p["nodePort"] == nil {
				return
			}
			if first, twice := taken[port]; twice && first.Ref().String() != o.Ref().String() {
				g.add(o, "graph/node-port-taken", finding.Error, manifest.Path{"spec", "ports", i, "nodePort"},
					fmt.Sprintf("port %v of the nodes is already taken by Service %s: the API server refuses the second", p["nodePort"], first.Name),
					"leave nodePort out, so that a free one is drawn, or go through an Ingress")
			}
			taken[port] = o
		})
	}
}
