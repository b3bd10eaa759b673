package access

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/component-helpers/auth/rbac/validation"

	"tenon.dev/tenon/internal/finding"
)

// Grant is what one subject may do in one scope by all bindings together.
type Grant struct {
	// Subject is an account as ServiceAccount namespace/name, or User name, or Group name.
	Subject string
	// Namespace that the rules hold in; empty for the whole cluster.
	Namespace string
	Rules     []rbacv1.PolicyRule
	// Unknown are roles that are bound but not among the objects.
	Unknown []string
	// Binding is one of the bindings.
	Binding finding.Object
}

// Grants lists what each subject may do, in the order of subjects and scopes.
func (r *Roles) Grants() []Grant {
	byWho := map[[2]string]*Grant{}
	add := func(kind, namespace, name string, ref rbacv1.RoleRef, subjects []rbacv1.Subject) {
		rules, known := r.rules(ref, namespace)
		for _, s := range subjects {
			who := [2]string{subject(s, namespace), namespace}
			g := byWho[who]
			if g == nil {
				g = &Grant{Subject: who[0], Namespace: namespace, Binding: finding.Object{
					APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: kind, Namespace: namespace, Name: name,
				}}
				byWho[who] = g
			}
			g.Rules = append(g.Rules, rules...)
			if !known {
				g.Unknown = append(g.Unknown, ref.Kind+" "+ref.Name)
			}
		}
	}
	for _, b := range r.bindings {
		add("RoleBinding", b.Namespace, b.Name, b.RoleRef, b.Subjects)
	}
	for _, b := range r.clusterRoleBindings {
		add("ClusterRoleBinding", "", b.Name, b.RoleRef, b.Subjects)
	}
	var all []Grant
	for _, g := range byWho {
		all = append(all, *g)
	}
	slices.SortFunc(all, func(a, b Grant) int {
		return cmp.Or(strings.Compare(a.Subject, b.Subject), strings.Compare(a.Namespace, b.Namespace))
	})
	return all
}

func subject(s rbacv1.Subject, namespace string) string {
	if s.Kind == rbacv1.ServiceAccountKind {
		return fmt.Sprintf("ServiceAccount %s/%s", cmp.Or(s.Namespace, namespace), s.Name)
	}
	return s.Kind + " " + s.Name
}

// rules of a role; known is false where it is not among the objects.
func (r *Roles) rules(ref rbacv1.RoleRef, namespace string) (rules []rbacv1.PolicyRule, known bool) {
	if ref.Kind == "Role" {
		if o := r.known.roles[[2]string{namespace, ref.Name}]; o != nil {
			return o.Rules, true
		}
		return nil, false
	}
	if o := r.known.clusterRoles[ref.Name]; o != nil {
		return o.Rules, o.AggregationRule == nil // others on the cluster may be taken in, too
	}
	return nil, false
}

// Gained lists what subjects may do with these roles that they may not do with the others, by the
// API server's own comparison of rules (component-helpers, auth/rbac/validation, Covers): a right
// that a wildcard gave before is no gain.
func (r *Roles) Gained(others *Roles) []Grant {
	had := others.Grants()
	var gained []Grant
	for _, g := range r.Grants() {
		var before []rbacv1.PolicyRule
		var unknown []string
		for _, h := range had {
			if h.Subject == g.Subject && (h.Namespace == "" || h.Namespace == g.Namespace) {
				before = append(before, h.Rules...)
				unknown = append(unknown, h.Unknown...)
			}
		}
		_, more := validation.Covers(before, g.Rules)
		more = compact(more, func(r *rbacv1.PolicyRule) *[]string { return &r.Verbs })
		g.Rules = compact(more, func(r *rbacv1.PolicyRule) *[]string { return &r.Resources })
		g.Unknown = slices.DeleteFunc(g.Unknown, func(role string) bool { return slices.Contains(unknown, role) })
		if len(g.Rules) > 0 || len(g.Unknown) > 0 {
			gained = append(gained, g)
		}
	}
	return gained
}

// compact joins rules that differ in one list only: Covers returns each verb of each resource alone.
func compact(rules []rbacv1.PolicyRule, list func(*rbacv1.PolicyRule) *[]string) []rbacv1.PolicyRule {
	joined := map[string]*rbacv1.PolicyRule{}
	var order []string
	for _, rule := range rules {
		items := *list(&rule)
		*list(&rule) = nil
		id := fmt.Sprint(rule)
		if joined[id] == nil {
			joined[id] = &rule
			order = append(order, id)
		}
		all := list(joined[id])
		for _, item := range items {
			if !slices.Contains(*all, item) {
				*all = append(*all, item)
			}
		}
	}
	slices.Sort(order)
	var all []rbacv1.PolicyRule
	for _, id := range order {
		slices.Sort(*list(joined[id]))
		all = append(all, *joined[id])
	}
	return all
}
