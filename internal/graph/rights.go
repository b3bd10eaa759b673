package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/graph/access"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/script"
)

const triggersGroup = "triggers.tekton.dev"

// shippedRoles are the roles for listeners that come with Triggers
// (tektoncd/triggers v0.37.0, config/200-clusterrole.yaml).
var shippedRoles = []*rbacv1.ClusterRole{
	{ObjectMeta: metav1.ObjectMeta{Name: "tekton-triggers-eventlistener-roles"}, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{triggersGroup}, Resources: []string{"eventlisteners", "triggerbindings", "interceptors", "triggertemplates", "triggers"}, Verbs: []string{"get", "list", "watch"}},
		{APIGroups: []string{""}, Resources: []string{"configmaps"}, Verbs: []string{"get", "list", "watch"}},
		{APIGroups: []string{"tekton.dev"}, Resources: []string{"pipelineruns", "pipelineresources", "taskruns"}, Verbs: []string{"create"}},
		{APIGroups: []string{""}, Resources: []string{"serviceaccounts"}, Verbs: []string{"impersonate"}},
		{APIGroups: []string{""}, Resources: []string{"events"}, Verbs: []string{"create", "patch"}},
	}},
	{ObjectMeta: metav1.ObjectMeta{Name: "tekton-triggers-eventlistener-clusterroles"}, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{triggersGroup}, Resources: []string{"clustertriggerbindings", "clusterinterceptors"}, Verbs: []string{"get", "list", "watch"}},
		{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"get", "list", "watch"}},
	}},
}

// Rights answers what accounts may do, by the roles among the objects, those that come with
// Triggers, and those that every API server makes.
func Rights(objects []manifest.Object) *access.Roles {
	shipped := access.Shipped{ClusterRoles: slices.Clone(shippedRoles)}
	for _, r := range bootstrappolicy.ClusterRoles() {
		if r.AggregationRule == nil { // other operators add to view, edit and admin
			shipped.ClusterRoles = append(shipped.ClusterRoles, &r)
		}
	}
	for _, b := range bootstrappolicy.ClusterRoleBindings() {
		shipped.ClusterRoleBindings = append(shipped.ClusterRoleBindings, &b)
	}
	return access.New(objects, shipped)
}

// rights checks that accounts may do what is done in their name.
func (g *graph) rights() {
	var roles *access.Roles // most manifests have nobody to ask about
	ask := func() *access.Roles {
		if roles == nil {
			roles = Rights(g.Objects)
		}
		return roles
	}
	for _, o := range g.Objects {
		switch {
		case o.Kind == "EventListener":
			g.listenerRights(o, ask())
		case podTemplates[o.Kind] != nil:
			spec, _ := podTemplate(o)
			account, _ := spec["serviceAccountName"].(string)
			g.scriptRights(o, cmp.Or(account, "default"), ask)
		}
	}
}

// listenerRights checks the account of an EventListener: it lists and watches what it is made of,
// and creates what its templates say. A listener that may not does not start, or answers 202 and
// creates nothing (https://tekton.dev/docs/triggers/eventlisteners/#specifying-the-kubernetes-service-account).
func (g *graph) listenerRights(o manifest.Object, roles *access.Roles) {
	name, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "serviceAccountName"})
	account, _ := name.(string)
	if account == "" || variable(account) {
		return
	}
	namespace := roles.Home(o.Namespace, account)
	bound, known := roles.Bound(namespace, account)
	if !known || len(bound) == 0 && !g.Complete && !g.has(o, "ServiceAccount", o.Namespace, account) {
		return // its roles are elsewhere
	}
	var needs []access.Right
	for _, resource := range []string{"eventlisteners", "triggers", "triggerbindings", "triggertemplates", "interceptors"} {
		for _, verb := range []string{"get", "list", "watch"} {
			needs = append(needs, access.Right{Verb: verb, Group: triggersGroup, Resource: resource, Namespace: namespace})
		}
	}
	for _, resource := range []string{"clustertriggerbindings", "clusterinterceptors"} {
		for _, verb := range []string{"get", "list", "watch"} {
			needs = append(needs, access.Right{Verb: verb, Group: triggersGroup, Resource: resource})
		}
	}
	for _, kind := range g.created(o) {
		needs = append(needs, access.Right{Verb: "create", Group: "tekton.dev", Resource: strings.ToLower(kind) + "s", Namespace: namespace})
	}
	missing := lacking(roles, namespace, account, needs)
	if len(missing) == 0 {
		return
	}
	severity := finding.Error
	if len(bound) == 0 && !g.Complete {
		severity = finding.Warning
	}
	f := g.add(o, "graph/account-not-allowed", severity, manifest.Path{"spec", "serviceAccountName"},
		fmt.Sprintf("account %s may not %s: the listener does not start, or creates nothing", account, strings.Join(missing, ", ")),
		"bind it to the shipped ClusterRole tekton-triggers-eventlistener-roles in its namespace, and to tekton-triggers-eventlistener-clusterroles in the cluster")
	if len(bound) == 1 {
		if role, ok := g.find(o, bound[0].Kind, roleNamespace(bound[0].Kind, namespace), bound[0].Name); ok {
			f.Object, f.Field = role.Ref(), "rules"
		}
	}
}

// roleNamespace is where a binding of a namespace finds a role of a kind.
func roleNamespace(kind, namespace string) string {
	if kind == "ClusterRole" {
		return ""
	}
	return namespace
}

// created lists the kinds of runs that the templates of a listener make.
func (g *graph) created(listener manifest.Object) []string {
	var kinds []string
	for _, r := range g.Runs {
		used := false
		each(listener.Value, manifest.Path{"spec", "triggers"}, func(_ int, t map[string]any) {
			ref, _ := manifest.Lookup(t, manifest.Path{"template", "ref"})
			used = used || ref == r.Owner.Name
		})
		if used && r.Owner.Kind == "TriggerTemplate" && !slices.Contains(kinds, r.Object.Kind) {
			kinds = append(kinds, r.Object.Kind)
		}
	}
	return kinds
}

// lacking writes down the rights that an account does not have, the verbs of a resource together.
func lacking(roles *access.Roles, namespace, account string, needs []access.Right) []string {
	var order []string
	verbs := map[string][]string{}
	for _, need := range needs {
		if roles.Can(namespace, account, need) {
			continue
		}
		resource := strings.TrimPrefix(need.String(), need.Verb+" ")
		if verbs[resource] == nil {
			order = append(order, resource)
		}
		verbs[resource] = append(verbs[resource], need.Verb)
	}
	for i, resource := range order {
		order[i] = strings.Join(verbs[resource], ", ") + " " + resource
	}
	return order
}

// scriptRights checks what scripts ask of the API server by kubectl and tkn.
func (g *graph) scriptRights(o manifest.Object, account string, ask func() *access.Roles) {
	var needs []access.Right
	asked := map[access.Right]bool{}
	var at manifest.Path // of the first script that asks, and the line where it does
	var line int
	for _, s := range script.Of(o) {
		for _, c := range s.Facts.Commands {
			right, ok := clientRight(c, cmp.Or(o.Namespace, metav1.NamespaceDefault))
			if !ok || asked[right] {
				continue
			}
			asked[right] = true
			if len(needs) == 0 {
				at, line = s.Path, c.Line
			}
			needs = append(needs, right)
		}
	}
	if len(needs) == 0 {
		return
	}
	namespace := ask().Home(o.Namespace, account)
	bound, known := ask().Bound(namespace, account)
	if !known || len(bound) == 0 && !g.Complete && account != "default" {
		return
	}
	if missing := lacking(ask(), namespace, account, needs); len(missing) > 0 {
		f := g.add(o, "graph/account-not-allowed", finding.Error, at,
			fmt.Sprintf("the script runs as account %s, which may not %s", account, strings.Join(missing, ", ")),
			"bind an account of its own to a Role with these rights, and name it in serviceAccountName")
		f.Line = line
	}
}

// clientResources are the resources that scripts commonly name, by each of their names.
var clientResources = map[string]struct{ group, resource string }{
	"pod": {"", "pods"}, "pods": {"", "pods"}, "po": {"", "pods"},
	"pvc": {"", "persistentvolumeclaims"}, "persistentvolumeclaim": {"", "persistentvolumeclaims"}, "persistentvolumeclaims": {"", "persistentvolumeclaims"},
	"secret": {"", "secrets"}, "secrets": {"", "secrets"}, "configmap": {"", "configmaps"}, "configmaps": {"", "configmaps"}, "cm": {"", "configmaps"},
	"job": {"batch", "jobs"}, "jobs": {"batch", "jobs"}, "deployment": {"apps", "deployments"}, "deployments": {"apps", "deployments"}, "deploy": {"apps", "deployments"},
	"pipelinerun": {"tekton.dev", "pipelineruns"}, "pipelineruns": {"tekton.dev", "pipelineruns"}, "pr": {"tekton.dev", "pipelineruns"}, "prs": {"tekton.dev", "pipelineruns"},
	"taskrun": {"tekton.dev", "taskruns"}, "taskruns": {"tekton.dev", "taskruns"}, "tr": {"tekton.dev", "taskruns"}, "trs": {"tekton.dev", "taskruns"},
}

// clientRight is the right that one call of kubectl or tkn needs; ok is false where the call
// does not say it plainly.
func clientRight(c script.Command, namespace string) (right access.Right, ok bool) {
	words := slices.DeleteFunc(slices.Clone(c.Args), func(w string) bool { return strings.HasPrefix(w, "-") })
	if len(words) < 2 {
		return right, false
	}
	verb, resource := words[0], words[1]
	switch c.Name {
	case "kubectl":
		if verb == "describe" {
			verb = "get"
		}
		if verb != "get" && verb != "delete" {
			return right, false
		}
	case "tkn":
		verb, resource = words[1], words[0]
		if verb != "list" && verb != "delete" {
			return right, false
		}
	default:
		return right, false
	}
	resource, name, _ := strings.Cut(resource, "/")
	known, ok := clientResources[resource]
	if !ok {
		return right, false
	}
	if c.Name == "kubectl" && verb == "get" && name == "" && len(words) < 3 {
		verb = "list"
	}
	for i, w := range c.Args {
		if (w == "-n" || w == "--namespace") && i+1 < len(c.Args) {
			namespace = c.Args[i+1]
		}
		if strings.HasPrefix(w, "--namespace=") {
			namespace = strings.TrimPrefix(w, "--namespace=")
		}
		if w == "-A" || w == "--all-namespaces" {
			namespace = ""
		}
	}
	if strings.Contains(namespace, "$") {
		return right, false
	}
	return access.Right{Verb: verb, Group: known.group, Resource: known.resource, Namespace: namespace}, true
}
