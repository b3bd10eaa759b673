package graph

import (
	"fmt"
	"net"
	"path"
	"regexp"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// exposure checks what is reached from outside of the cluster: Services that open ports of nodes or of a load balancer,
// and Ingresses that take more than is meant, or what another has.
func (g *graph) exposure() {
	taken := map[string][]route{}
	for _, o := range g.Objects {
		switch {
		case o.Kind == "Service" && o.APIVersion == "v1":
			g.exposedService(o)
		case o.Kind == "Ingress" && strings.HasPrefix(o.APIVersion, "networking.k8s.io/"):
			g.ingressAnnotations(o)
			g.unknownAnnotations(o)
			g.ingressHosts(o)
			g.ingressRoutes(o, taken)
		}
	}
}

// exposedService says that a Service is reached from outside.
func (g *graph) exposedService(o manifest.Object) {
	spec, _ := o.Value["spec"].(map[string]any)
	if ips, _ := spec["externalIPs"].([]any); len(ips) > 0 {
		g.add(o, "graph/service-exposed", finding.Warning, manifest.Path{"spec", "externalIPs"},
			fmt.Sprintf("Service %s takes what the pods of the cluster send to these addresses, whoever they belong to (CVE-2020-8554)", o.Name), "use a load balancer, an Ingress or a Gateway")
	}
	switch kind, _ := spec["type"].(string); kind {
	case "NodePort", "LoadBalancer":
		if ranges, _ := spec["loadBalancerSourceRanges"].([]any); len(ranges) > 0 || isInternal(o) {
			return
		}
		g.add(o, "graph/service-exposed", finding.Info, manifest.Path{"spec", "type"},
			fmt.Sprintf("Service %s (%s) is open to whoever reaches the nodes or the load balancer", o.Name, kind),
			"use ClusterIP behind an Ingress or Gateway, or write loadBalancerSourceRanges and a NetworkPolicy; nothing, if that is meant")
	case "ExternalName":
		name, _ := spec["externalName"].(string)
		if ip := net.ParseIP(name); name == "localhost" || strings.HasSuffix(name, ".localhost") || ip != nil && ip.IsLoopback() {
			g.add(o, "graph/external-name-local", finding.Warning, manifest.Path{"spec", "externalName"},
				fmt.Sprintf("Service %s leads to %s: whoever asks it, an ingress controller too, asks itself", o.Name, name), "name a host elsewhere")
		}
	}
}

// isInternal tells whether an annotation of a cloud keeps a load balancer within its network.
func isInternal(o manifest.Object) bool {
	annotations, _ := lookupMap(o.Value, "metadata", "annotations")
	for key, value := range annotations {
		if lower := strings.ToLower(key + "=" + fmt.Sprint(value)); strings.Contains(lower, "internal") && !strings.HasSuffix(lower, "=false") {
			return true
		}
	}
	return false
}

// ingressAnnotations finds those by which an Ingress writes into the configuration of its controller, which serves all of
// the cluster (CVE-2021-25742; https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations-risk/).
func (g *graph) ingressAnnotations(o manifest.Object) {
	annotations, _ := lookupMap(o.Value, "metadata", "annotations")
	for key, value := range annotations {
		text := fmt.Sprint(value)
		written := strings.HasSuffix(key, "-snippet") && strings.Contains(key, "nginx.")
		directive := (strings.Contains(key, "nginx.ingress.kubernetes.io/") || strings.Contains(key, "nginx.org/")) && (directives.MatchString(text) || quoted.MatchString(key) && strings.ContainsAny(text, "\n#;{}|"))
		if written || directive {
			g.add(o, "graph/ingress-snippet", finding.Warning, manifest.Path{"metadata", "annotations", key},
				fmt.Sprintf("annotation %s puts text into the configuration of nginx, which has the tokens and certificates of all namespaces", key),
				"use an annotation for what is meant; controllers refuse snippets by default (allow-snippet-annotations)")
		}
	}
	each(o.Value, manifest.Path{"spec", "rules"}, func(i int, r map[string]any) {
		each(r, manifest.Path{"http", "paths"}, func(j int, p map[string]any) {
			if text, _ := p["path"].(string); strings.ContainsAny(text, ";{}\n\"") || slices.ContainsFunc([]string{"_by_lua", "alias ", "/var/run/secrets", "/etc/"}, func(d string) bool { return strings.Contains(text, d) }) {
				g.add(o, "graph/ingress-snippet", finding.Warning, manifest.Path{"spec", "rules", i, "http", "paths", j, "path"},
					"the path holds directives of nginx: controllers put it into their configuration as it is", "write a path alone, with pathType Prefix or Exact")
			}
		})
	})
}

// directives of nginx that serve files, or run code.
var directives = regexp.MustCompile(`_by_lua|lua_package|load_module|(^|[\s;])(alias|root)(;|\s+[/;"'$])`)

// quoted are annotations whose values stand in nginx's configuration in quotes, which a value can end (CVE-2025-1097,
// CVE-2025-1098, CVE-2025-24514).
var quoted = regexp.MustCompile(`/(auth-url|auth-tls-match-cn|mirror-target|mirror-host)$`)

// ingressHosts finds rules for any host, and hosts that no certificate is for.
func (g *graph) ingressHosts(o manifest.Object) {
	var certified []string
	all := true // an entry without hosts is for all
	each(o.Value, manifest.Path{"spec", "tls"}, func(_ int, t map[string]any) {
		hosts, _ := t["hosts"].([]any)
		all = all && len(hosts) > 0
		for _, h := range hosts {
			certified = append(certified, fmt.Sprint(h))
		}
	})
	each(o.Value, manifest.Path{"spec", "rules"}, func(i int, r map[string]any) {
		host, _ := r["host"].(string)
		at := manifest.Path{"spec", "rules", i}
		switch {
		case host == "" || strings.HasPrefix(host, "*"):
			g.add(o, "graph/ingress-any-host", finding.Info, at, fmt.Sprintf("Ingress %s takes requests for any host%s, those that are meant for others too", o.Name, below(host)), "name the host")
		case len(certified) > 0 && all && !slices.ContainsFunc(certified, func(name string) bool { return isHost(name, host) }):
			g.add(o, "graph/ingress-tls-hosts", finding.Warning, at.Append("host"),
				fmt.Sprintf("no certificate of spec.tls is for %s: it is served with that of the controller, or in clear", host), "name it in spec.tls: "+strings.Join(certified, ", ")+" are")
		}
	})
}

func below(host string) string {
	if host == "" || host == "*" {
		return ""
	}
	return " below " + strings.TrimPrefix(host, "*.")
}

// isHost tells whether a name of a certificate is for a host.
func isHost(name, host string) bool {
	if rest, wild := strings.CutPrefix(name, "*."); wild {
		_, parent, _ := strings.Cut(host, ".")
		return parent == rest
	}
	return name == host
}

// route is where an Ingress leads a host and path to.
type route struct {
	manifest.Object
	backend string // and the annotations by which the controller leads there
}

// ingressRoutes finds two Ingresses with the same host and path: which of them is asked is up to the controller. Files of
// several folders may be for several clusters.
func (g *graph) ingressRoutes(o manifest.Object, taken map[string][]route) {
	class, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "ingressClassName"})
	annotations, _ := lookupMap(o.Value, "metadata", "annotations")
	seen := map[string]bool{}
	each(o.Value, manifest.Path{"spec", "rules"}, func(i int, r map[string]any) {
		host, _ := r["host"].(string)
		if host == "" || strings.Contains(host, "$") {
			return
		}
		each(r, manifest.Path{"http", "paths"}, func(j int, p map[string]any) {
			id, backend := fmt.Sprint(class, " ", host, p["path"]), fmt.Sprint(o.Namespace, p["backend"], annotations)
			if seen[id] {
				return
			}
			seen[id] = true
			for _, other := range taken[id] {
				if path.Dir(other.File) != path.Dir(o.File) || other.Name == o.Name && other.Namespace == o.Namespace {
					continue
				}
				severity, what := finding.Warning, "which of them gets a request is up to the controller"
				if other.backend == backend {
					severity, what = finding.Info, "both lead to the same Service"
				}
				g.add(o, "graph/ingress-conflict", severity, manifest.Path{"spec", "rules", i, "http", "paths", j},
					fmt.Sprintf("Ingress %s takes %s%v, too: %s", other.Ref(), host, p["path"], what), "use one of them, or another path")
				return
			}
			taken[id] = append(taken[id], route{o, backend})
		})
	})
}
