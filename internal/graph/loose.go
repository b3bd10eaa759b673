package graph

import (
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
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
	var mentioned string // the texts of all objects, which only a ConfigMap asks for
	for _, o := range g.Objects {
		switch o.Kind {
		case "Role", "ClusterRole":
			g.unboundRole(o, bound)
		case "ConfigMap":
			if mentioned == "" {
				mentioned = g.mentioned()
			}
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

// mentioned joins what objects other than ConfigMaps say.
func (g *graph) mentioned() string {
	var b strings.Builder
	for _, o := range g.Objects {
		if o.Kind != "ConfigMap" {
			b.WriteString(textOf(without(o.Value, "metadata")))
		}
	}
	return b.String() + "\n"
}

func (g *graph) unusedConfig(o manifest.Object, mentioned string) {
	if o.File == "" || o.Name == "" || strings.Contains(mentioned, o.Name+"\n") || len(labelsAt(o, "metadata", "labels")) > 0 {
		return // some other program may find it by its labels
	}
	g.add(o, "graph/config-map-unused", finding.Info, manifest.Path{"metadata", "name"},
		"ConfigMaps that nothing refers to have no effect, unless a program asks the API server for them",
		"mount them, name them where they belong, or remove them")
}
