//go:build e2e

package e2e

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tenon.dev/tenon/internal/graph"
	"tenon.dev/tenon/internal/graph/access"
	"tenon.dev/tenon/internal/manifest"
)

var verbs = []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "impersonate"}

// testAccess asks the authorizer about every verb on every resource that the server has, for each
// account of the platform, and tenon's graph about the same.
func (c *cluster) testAccess(t *testing.T, objects []manifest.Object) {
	roles := graph.Rights(objects)
	resources := c.resources(t)
	var asked, allowed atomic.Int64
	var questions []func()
	for _, account := range ofKind(objects, "ServiceAccount") {
		for _, right := range questionsOf(resources, account.Namespace, namesIn(objects)) {
			questions = append(questions, func() {
				real := c.may(t, account, right)
				asked.Add(1)
				if real {
					allowed.Add(1)
				}
				if said := roles.Can(account.Namespace, account.Name, right); said != real {
					t.Errorf("%s/%s %s %s/%s in %q: the server says %t, tenon %t", account.Namespace, account.Name, right, right.Group, right.Name, right.Namespace, real, said)
				}
			})
		}
	}
	inParallel(8, questions)
	if allowed.Load() == 0 {
		t.Error("nobody may do anything: the comparison proves nothing")
	}
	c.answer("May a service account of the platform use a verb on a resource?", "the authorizer", int(asked.Load()), int(allowed.Load()))
}

func inParallel(workers int, work []func()) {
	var next atomic.Int64
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(work)); i = next.Add(1) - 1 {
				work[i]()
			}
		})
	}
	group.Wait()
}

// served is a resource of the API server, or a part of one.
type served struct {
	group, name, part string
	namespaced        bool
}

func (c *cluster) resources(t *testing.T) []served {
	t.Helper()
	lists, err := c.typed.Discovery().ServerPreferredResources()
	if err != nil {
		t.Fatal(err)
	}
	var all []served
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list.APIResources {
			name, part, _ := strings.Cut(r.Name, "/")
			all = append(all, served{version.Group, name, part, r.Namespaced})
		}
	}
	all = append(all, served{"", "pods", "log", true}, served{"", "serviceaccounts", "token", true}, served{"tekton.dev", "pipelineruns", "status", true})
	slices.SortFunc(all, func(a, b served) int {
		return cmp.Or(strings.Compare(a.group, b.group), strings.Compare(a.name, b.name), strings.Compare(a.part, b.part))
	})
	return slices.Compact(all)
}

// namesIn are the names of single objects that roles name, by resource.
func namesIn(objects []manifest.Object) map[string][]string {
	names := map[string][]string{}
	for _, o := range ofKind(objects, "Role", "ClusterRole") {
		rules, _ := o.Value["rules"].([]any)
		for _, r := range rules {
			rule := r.(map[string]any)
			resources, _ := rule["resources"].([]any)
			only, _ := rule["resourceNames"].([]any)
			for _, resource := range resources {
				for _, name := range only {
					names[resource.(string)] = append(names[resource.(string)], name.(string))
				}
			}
		}
	}
	return names
}

// questionsOf are the rights to ask about for an account: at home, elsewhere, and for single
// objects where a role names some.
func questionsOf(resources []served, home string, names map[string][]string) []access.Right {
	var all []access.Right
	for _, r := range resources {
		places := []string{""}
		if r.namespaced {
			places = []string{home, "kube-system", ""}
		}
		for _, place := range places {
			for _, name := range append([]string{""}, names[r.name]...) {
				for _, verb := range verbs {
					all = append(all, access.Right{Verb: verb, Group: r.group, Resource: r.name, Subresource: r.part, Namespace: place, Name: name})
				}
			}
		}
	}
	return all
}

// may asks the API server's authorizer.
func (c *cluster) may(t *testing.T, account manifest.Object, right access.Right) bool {
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User:   fmt.Sprintf("system:serviceaccount:%s:%s", account.Namespace, account.Name),
		Groups: []string{"system:serviceaccounts", "system:serviceaccounts:" + account.Namespace, "system:authenticated"},
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Verb: right.Verb, Group: right.Group, Resource: right.Resource, Subresource: right.Subresource, Namespace: right.Namespace, Name: right.Name,
		},
	}}
	answer, err := c.typed.AuthorizationV1().SubjectAccessReviews().Create(t.Context(), review, metav1.CreateOptions{})
	if err != nil {
		t.Errorf("asking about %s: %v", account.Name, err)
		return false
	}
	return answer.Status.Allowed
}
