package graph

import (
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/typed"
)

// loose reports objects that nothing refers to, where that means that they have no effect, and
// those that take the name of another's.
func (g *graph) loose() {
	bound := map[string]bool{}
	for _, o := range g.Objects {
		if o.Kind == "RoleBinding" || o.Kind == "ClusterRoleBinding" {
			ref, _ := lookupMap(o.Value, "roleRef")
			bound[fmt.Sprint(ref["kind"], "/", ref["name"])] = true
		}
	}
	mentioned := g.mentioned()
	for _, o := range g.Objects {
		switch o.Kind {
		case "Role", "ClusterRole":
			g.unboundRole(o, bound)
		case "ConfigMap":
			g.unusedConfig(o, mentioned)
		}
	}
}

func (g *graph) unboundRole(o manifest.Object, bound map[string]bool) {
	if slices.ContainsFunc(shippedRoles, func(r *rbacv1.ClusterRole) bool { return r.Name == o.Name }) && o.Kind == "ClusterRole" {
		g.add(o, "graph/reserved-name", finding.Warning, manifest.Path{"metadata", "name"},
			fmt.Sprintf("Triggers ships a ClusterRole %s: whichever is applied last wins, and the next upgrade takes this one back", o.Name),
			"give it a name of its own, or bind the one that is shipped")
		return
	}
	labels, aggregates := labelsAt(o, "metadata", "labels"), o.Value["aggregationRule"] != nil
	for key := range labels {
		aggregates = aggregates || strings.HasPrefix(key, "rbac.authorization.k8s.io/aggregate-to-")
	}
	if !bound[o.Kind+"/"+o.Name] && !aggregates {
		g.add(o, "graph/role-unbound", finding.Info, manifest.Path{"metadata", "name"},
			"roles that are bound to nobody grant nothing", "bind them, or remove them")
	}
}

// mentioned are the names of ConfigMaps with which a line of some other object ends. The lines are
// looked up by their last bytes: one by one for each name would take the product of both.
func (g *graph) mentioned() map[string]bool {
	byEnd := map[string][]string{}
	for _, o := range g.Objects {
		if o.Kind == "ConfigMap" && o.Name != "" {
			byEnd[lastBytes(o.Name)] = append(byEnd[lastBytes(o.Name)], o.Name)
		}
	}
	found := map[string]bool{}
	if len(byEnd) == 0 {
		return found
	}
	visit := func(line string) {
		for end := 1; end <= min(len(line), endBytes); end++ {
			for _, name := range byEnd[line[len(line)-end:]] {
				if !found[name] && strings.HasSuffix(line, name) {
					found[name] = true
				}
			}
		}
	}
	for _, o := range g.Objects {
		if o.Kind != "ConfigMap" {
			eachLine(without(o.Value, "metadata"), visit)
		}
	}
	return found
}

// endBytes is how much of a name's end finds it.
const endBytes = 4

func lastBytes(name string) string { return name[max(0, len(name)-endBytes):] }

// eachLine visits the lines of all strings of a value, its keys among them.
func eachLine(value any, visit func(string)) {
	switch v := value.(type) {
	case string:
		for line := range strings.SplitSeq(v, "\n") {
			visit(line)
		}
	case []any:
		for _, item := range v {
			eachLine(item, visit)
		}
	case map[string]any:
		for key, item := range v {
			visit(key)
			eachLine(item, visit)
		}
	}
}

func (g *graph) unusedConfig(o manifest.Object, mentioned map[string]bool) {
	if o.File == "" || o.Name == "" || mentioned[o.Name] || len(labelsAt(o, "metadata", "labels")) > 0 || typed.IsTektonConfig(o) {
		return // some other program may find it by its labels
	}
	g.add(o, "graph/config-map-unused", finding.Info, manifest.Path{"metadata", "name"},
		"ConfigMaps that nothing refers to have no effect, unless a program asks the API server for them",
		"mount them, name them where they belong, or remove them")
}
