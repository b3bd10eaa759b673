// Package access knows what an account may do: it asks the API server's own RBAC authorizer
// about the roles and bindings among the objects. It does not know who needs what.
package access

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/serviceaccount"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac"

	"tenon.dev/tenon/internal/manifest"
)

// Roles are the roles and bindings of a set of objects. It is safe for concurrent use.
type Roles struct {
	roles               []*rbacv1.Role
	bindings            []*rbacv1.RoleBinding
	clusterRoles        []*rbacv1.ClusterRole
	clusterRoleBindings []*rbacv1.ClusterRoleBinding
	known               *index
	authorizer          *rbac.RBACAuthorizer
}

// Right is something that an account may need to do.
type Right struct {
	Verb, Group, Resource, Subresource string
	// Namespace is empty for cluster-scoped resources.
	Namespace string
	// Name of the one object; empty means any.
	Name string
}

// String writes the right as a sentence has it: list triggers.
func (r Right) String() string {
	text := r.Verb + " " + r.Resource
	if r.Subresource != "" {
		text += "/" + r.Subresource
	}
	return text
}

// Shipped is what a cluster holds without any manifest saying so: roles that objects may be bound
// to, and bindings of all accounts.
type Shipped struct {
	ClusterRoles        []*rbacv1.ClusterRole
	ClusterRoleBindings []*rbacv1.ClusterRoleBinding
}

// New reads roles and bindings; what does not decode is left out, since the types stage reports
// it. What is shipped counts in what an account may do, not in what it is bound to.
func New(objects []manifest.Object, shipped Shipped) *Roles {
	r := &Roles{}
	for _, o := range objects {
		if o.GroupKind().Group != rbacv1.GroupName {
			continue // others have kinds of these names, too
		}
		switch o.Kind {
		case "Role":
			add(&r.roles, o)
		case "RoleBinding":
			add(&r.bindings, o)
		case "ClusterRole":
			add(&r.clusterRoles, o)
		case "ClusterRoleBinding":
			add(&r.clusterRoleBindings, o)
		}
	}
	for _, o := range r.roles {
		o.Namespace = cmp.Or(o.Namespace, metav1.NamespaceDefault)
	}
	for _, b := range r.bindings {
		b.Namespace = cmp.Or(b.Namespace, metav1.NamespaceDefault)
	}
	for _, s := range shipped.ClusterRoles {
		if !slices.ContainsFunc(r.clusterRoles, func(c *rbacv1.ClusterRole) bool { return c.Name == s.Name }) {
			r.clusterRoles = append(r.clusterRoles, s)
		}
	}
	r.clusterRoles = aggregated(r.clusterRoles)
	r.known = newIndex(r, slices.Concat(r.clusterRoleBindings, shipped.ClusterRoleBindings))
	r.authorizer = rbac.New(r.known, r.known, r.known, r.known)
	return r
}

func add[T any](list *[]*T, o manifest.Object) {
	var typed T
	if text, err := json.Marshal(o.Value); err == nil && json.Unmarshal(text, &typed) == nil {
		*list = append(*list, &typed)
	}
}

// Home is the namespace that an account is in: the one given, else the one that a binding names
// it in, else the default one, as manifests without a namespace are applied there.
func (r *Roles) Home(namespace, account string) string {
	if namespace != "" {
		return namespace
	}
	in := func(subjects []rbacv1.Subject) {
		for _, s := range subjects {
			if s.Kind == "ServiceAccount" && s.Name == account {
				namespace = cmp.Or(namespace, s.Namespace)
			}
		}
	}
	for _, b := range r.bindings {
		in(b.Subjects)
	}
	for _, b := range r.clusterRoleBindings {
		in(b.Subjects)
	}
	return cmp.Or(namespace, metav1.NamespaceDefault)
}

// Can tells whether an account may do something.
func (r *Roles) Can(namespace, account string, right Right) bool {
	info := serviceaccount.UserInfo(namespace, account, "").(*user.DefaultInfo)
	// The API server adds this group to whoever has a valid token.
	info.Groups = append(info.Groups, user.AllAuthenticated)
	decision, _, _ := r.authorizer.Authorize(context.Background(), authorizer.AttributesRecord{
		User: info, Verb: right.Verb, APIGroup: right.Group, APIVersion: "*",
		Resource: right.Resource, Subresource: right.Subresource, Namespace: right.Namespace, Name: right.Name, ResourceRequest: true,
	})
	return decision == authorizer.DecisionAllow
}

// Bound lists the roles that an account is bound to; known is false where one of them is not
// among the roles, so that nobody can say what the account may do.
func (r *Roles) Bound(namespace, account string) (roles []rbacv1.RoleRef, known bool) {
	known = true
	is := func(s rbacv1.Subject, in string) bool {
		switch s.Kind {
		case "ServiceAccount":
			return s.Name == account && (s.Namespace == namespace || s.Namespace == "" && in == namespace)
		case "Group":
			return s.Name == "system:serviceaccounts" || s.Name == "system:serviceaccounts:"+namespace || s.Name == "system:authenticated"
		}
		return s.Kind == "User" && s.Name == "system:serviceaccount:"+namespace+":"+account
	}
	note := func(ref rbacv1.RoleRef, in string, subjects []rbacv1.Subject) {
		if !slices.ContainsFunc(subjects, func(s rbacv1.Subject) bool { return is(s, in) }) {
			return
		}
		roles = append(roles, ref)
		known = known && r.has(ref, in)
	}
	for _, b := range r.bindings {
		note(b.RoleRef, b.Namespace, b.Subjects)
	}
	for _, b := range r.clusterRoleBindings {
		note(b.RoleRef, "", b.Subjects)
	}
	return roles, known
}

func (r *Roles) has(ref rbacv1.RoleRef, namespace string) bool {
	if ref.Kind == "ClusterRole" {
		role := r.known.clusterRoles[ref.Name]
		return role != nil && role.AggregationRule == nil // one that takes in others has rules of any on the cluster
	}
	return r.known.roles[[2]string{namespace, ref.Name}] != nil
}
