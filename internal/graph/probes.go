package graph

import (
	"fmt"
	"regexp"
	"slices"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// probes reports a probe or hook of a container that names a port which the container does not: the kubelet never finds
// it, and starts the container anew for ever. A number needs no port that is declared.
func (g *graph) probes() {
	for _, o := range g.Objects {
		spec, at := podTemplate(o)
		for _, list := range []string{"initContainers", "containers"} {
			each(spec, manifest.Path{list}, func(i int, c map[string]any) { g.probesOf(o, c, at.Append(list, i)) })
		}
	}
}

// numberForm fits a port that is written as a text.
var numberForm = regexp.MustCompile(`^[0-9]+$`)

// probePlaces are where a container names a port by which somebody asks it.
var probePlaces = []manifest.Path{
	{"livenessProbe", "httpGet"}, {"livenessProbe", "tcpSocket"}, {"readinessProbe", "httpGet"}, {"readinessProbe", "tcpSocket"},
	{"startupProbe", "httpGet"}, {"startupProbe", "tcpSocket"}, {"lifecycle", "postStart", "httpGet"}, {"lifecycle", "preStop", "httpGet"},
}

func (g *graph) probesOf(o manifest.Object, c map[string]any, at manifest.Path) {
	var names []string
	each(c, manifest.Path{"ports"}, func(_ int, p map[string]any) {
		if name, _ := p["name"].(string); name != "" {
			names = append(names, name)
		}
	})
	for _, place := range probePlaces {
		value, _ := manifest.Lookup(c, place.Append("port"))
		name, isName := value.(string)
		if !isName || name == "" || variable(name) || numberForm.MatchString(name) || slices.Contains(names, name) {
			continue
		}
		g.add(o, "graph/port-not-found", finding.Error, at.Append(place...).Append("port"),
			fmt.Sprintf("the container has no port named %s: the %s never succeeds", name, place[0]), "name one of its ports: "+listOrNone(names))
	}
}
