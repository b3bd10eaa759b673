package access

import (
	"context"
	"errors"

	rbacv1 "k8s.io/api/rbac/v1"
)

// index hands roles and bindings to the authorizer by their names: it asks for each role of each binding at each
// question. The first of two that have one name counts.
type index struct {
	roles               map[[2]string]*rbacv1.Role
	bindings            map[string][]*rbacv1.RoleBinding
	clusterRoles        map[string]*rbacv1.ClusterRole
	clusterRoleBindings []*rbacv1.ClusterRoleBinding
}

var errNoRole = errors.New("there is no such role")

func newIndex(r *Roles, shipped []*rbacv1.ClusterRoleBinding) *index {
	i := &index{map[[2]string]*rbacv1.Role{}, map[string][]*rbacv1.RoleBinding{}, map[string]*rbacv1.ClusterRole{}, shipped}
	for _, o := range r.roles {
		if key := [2]string{o.Namespace, o.Name}; i.roles[key] == nil {
			i.roles[key] = o
		}
	}
	for _, b := range r.bindings {
		i.bindings[b.Namespace] = append(i.bindings[b.Namespace], b)
	}
	for _, o := range r.clusterRoles {
		if i.clusterRoles[o.Name] == nil {
			i.clusterRoles[o.Name] = o
		}
	}
	return i
}

// GetRole returns a Role of a namespace.
func (i *index) GetRole(_ context.Context, namespace, name string) (*rbacv1.Role, error) {
	if o := i.roles[[2]string{namespace, name}]; o != nil {
		return o, nil
	}
	return nil, errNoRole
}

// GetClusterRole returns a ClusterRole.
func (i *index) GetClusterRole(_ context.Context, name string) (*rbacv1.ClusterRole, error) {
	if o := i.clusterRoles[name]; o != nil {
		return o, nil
	}
	return nil, errNoRole
}

// ListRoleBindings lists those of a namespace.
func (i *index) ListRoleBindings(_ context.Context, namespace string) ([]*rbacv1.RoleBinding, error) {
	return i.bindings[namespace], nil
}

// ListClusterRoleBindings lists all.
func (i *index) ListClusterRoleBindings(context.Context) ([]*rbacv1.ClusterRoleBinding, error) {
	return i.clusterRoleBindings, nil
}
