package access

import (
	"testing"

	"tenon.dev/tenon/internal/manifest"
)

// TestGroups: an account may do what is bound to it, to all accounts, to those of its namespace, and
// to whoever is authenticated, and nothing that is bound to others.
func TestGroups(t *testing.T) {
	for subject, want := range map[string]bool{
		"{kind: ServiceAccount, name: runner, namespace: ci}":                                         true,
		"{kind: Group, name: system:serviceaccounts, apiGroup: rbac.authorization.k8s.io}":            true,
		"{kind: Group, name: 'system:serviceaccounts:ci', apiGroup: rbac.authorization.k8s.io}":       true,
		"{kind: Group, name: system:authenticated, apiGroup: rbac.authorization.k8s.io}":              true,
		"{kind: User, name: 'system:serviceaccount:ci:runner', apiGroup: rbac.authorization.k8s.io}":  true,
		"{kind: ServiceAccount, name: runner, namespace: other}":                                      false,
		"{kind: Group, name: 'system:serviceaccounts:other', apiGroup: rbac.authorization.k8s.io}":    false,
		"{kind: Group, name: system:unauthenticated, apiGroup: rbac.authorization.k8s.io}":            false,
		"{kind: Group, name: 'system:serviceaccount:ci:runner', apiGroup: rbac.authorization.k8s.io}": false,
	} {
		parsed := manifest.Parse("test", []byte(`
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
subjects: [`+subject+`]
`))
		got := New(parsed.Objects, Shipped{}).Can("ci", "runner", Right{Verb: "get", Resource: "configmaps", Namespace: "ci"})
		if got != want {
			t.Errorf("bound to %s: %t, want %t", subject, got, want)
		}
	}
}
