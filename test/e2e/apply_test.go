//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/manifest"
)

// TestOverlays applies every overlay as Argo CD would: nothing is refused, a second sync changes
// nothing, and an environment goes through its phases and back. Each environment is a cluster of
// its own, as its destinations are.
func TestOverlays(t *testing.T) {
	for _, e := range environments(t) {
		t.Run(e.State.Environment, func(t *testing.T) {
			c := newCluster(t, featureFlags(e))
			c.prepare(t, e)
			var forth []string
			for _, target := range e.Targets {
				forth = append(forth, target.Phase)
			}
			back := slices.Clone(forth)
			slices.Reverse(back)
			s := &application{cluster: c, live: map[manifest.Key]manifest.Object{}}
			first := map[string]map[manifest.Key]map[string]any{}
			for _, phase := range append(forth, back...) {
				s.sync(t, overlayOf(t, e.State.Environment+"/"+phase))
				if changed := s.sync(t, overlayOf(t, e.State.Environment+"/"+phase)); len(changed) > 0 {
					t.Errorf("%s: a second sync changes %s", phase, strings.Join(changed, ", "))
				}
				state := s.state(t)
				if first[phase] == nil {
					first[phase] = state
				} else if differ := unlike(first[phase], state); len(differ) > 0 {
					t.Errorf("%s is not what it was after the way there and back: %s", phase, strings.Join(differ, ", "))
				}
			}
			if reflect.DeepEqual(first[forth[0]], first[forth[len(forth)-1]]) {
				t.Error("the phases do not differ: the way back proves nothing")
			}
			t.Logf("%s: %d objects, %d syncs, nothing refused", e.State.Environment, len(s.live), 4*len(forth))
		})
	}
}

// applyArgoCD applies what Argo CD itself reads.
func (c *cluster) applyArgoCD(t *testing.T) {
	t.Helper()
	c.ensureNamespaces(t, "argocd")
	c.must(t, overlayOf(t, "argocd")...)
}

// prepare brings the definitions of other operators, and the namespaces that the platform's facts
// say exist.
func (c *cluster) prepare(t *testing.T, e check.Environment) {
	t.Helper()
	c.define(t)
	c.foundNamespaces(t, e)
}

// foundNamespaces makes the namespaces that are not rendered.
func (c *cluster) foundNamespaces(t *testing.T, e check.Environment) {
	t.Helper()
	rendered := map[string]bool{}
	for _, o := range e.Targets[0].Objects {
		if o.Kind == "Namespace" {
			rendered[o.Name] = true
		}
	}
	others := map[string]bool{}
	for _, target := range e.Targets {
		for _, o := range target.Objects {
			if o.Namespace != "" && !rendered[o.Namespace] {
				others[o.Namespace] = true
			}
		}
	}
	c.ensureNamespaces(t, slices.Sorted(maps.Keys(others))...)
}

// define brings the definitions of operators that do not run, beside those of the groups that do.
func (c *cluster) define(t *testing.T, real ...string) {
	t.Helper()
	crds := slices.DeleteFunc(definitions(t), func(o manifest.Object) bool {
		_, group, _ := strings.Cut(o.Name, ".")
		return slices.Contains(real, group)
	})
	c.must(t, crds...)
	t.Logf("%d definitions of other operators are made of tenon's own closed schemas, since their projects' manifests are not among the Go modules", len(crds))
	for _, crd := range crds {
		eventually(t, 30*time.Second, crd.Name+" is established", func() error {
			_, body, err := c.Do("GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/"+crd.Name, nil)
			if err == nil && !strings.Contains(string(body), `"type":"Established"`) {
				err = fmt.Errorf("not yet")
			}
			return err
		})
	}
}

// application is an Argo CD application that syncs itself and prunes.
type application struct {
	*cluster
	live map[manifest.Key]manifest.Object
}

// sync applies objects in the order given, deletes those that are gone, and names those that
// changed.
func (a *application) sync(t *testing.T, objects []manifest.Object) (changed []string) {
	t.Helper()
	kept := map[manifest.Key]manifest.Object{}
	for _, o := range objects {
		kept[o.Key()] = o
		hook := annotation(o, "argocd.argoproj.io/hook") != ""
		if hook {
			a.again(t, o)
		}
		before, _ := a.get(t.Context(), o)
		after, err := a.apply(t.Context(), o)
		if err != nil {
			t.Errorf("refused: %s %s: %v", o.Kind, o.Name, err)
			continue
		}
		if before != nil && !hook && !same(before, after) {
			changed = append(changed, o.Kind+" "+o.Name)
		}
	}
	for key, o := range a.live {
		if _, ok := kept[key]; !ok && !strings.Contains(annotation(o, "argocd.argoproj.io/sync-options"), "Prune=false") {
			if err := a.delete(t.Context(), o); err != nil {
				t.Errorf("pruning %s %s: %v", o.Kind, o.Name, err)
			}
		}
	}
	a.live = kept
	return changed
}

// same tells whether two reads of an object have equal fields. The version of the resource is none:
// the API server writes a claim once more, with what it held already, when it is applied again.
func same(a, b *unstructured.Unstructured) bool {
	a, b = a.DeepCopy(), b.DeepCopy()
	a.SetResourceVersion("")
	b.SetResourceVersion("")
	return reflect.DeepEqual(a.Object, b.Object)
}

// again deletes the object of a hook before it is created anew.
func (a *application) again(t *testing.T, o manifest.Object) {
	t.Helper()
	if err := a.delete(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	eventually(t, 30*time.Second, o.Name+" is gone", func() error {
		if found, err := a.get(t.Context(), o); err == nil && found != nil {
			return fmt.Errorf("it is there")
		}
		return nil
	})
}

func (c *cluster) get(ctx context.Context, o manifest.Object) (*unstructured.Unstructured, error) {
	endpoint, err := c.resource(o.APIVersion, o.Kind, o.Namespace)
	if err != nil {
		return nil, err
	}
	return endpoint.Get(ctx, o.Name, metav1.GetOptions{})
}

// state is what the API server holds of the application's objects, without what counts changes.
func (a *application) state(t *testing.T) map[manifest.Key]map[string]any {
	t.Helper()
	all := map[manifest.Key]map[string]any{}
	for key, o := range a.live {
		found, err := a.get(t.Context(), o)
		if err != nil {
			t.Errorf("%s %s: %v", o.Kind, o.Name, err)
			continue
		}
		for _, field := range []string{"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"} {
			unstructured.RemoveNestedField(found.Object, "metadata", field)
		}
		delete(found.Object, "status")
		if annotation(o, "argocd.argoproj.io/hook") != "" {
			continue // it is made anew at each sync
		}
		all[key] = found.Object
	}
	return all
}

func unlike(a, b map[manifest.Key]map[string]any) (names []string) {
	for key := range a {
		x, _ := json.Marshal(a[key])
		y, _ := json.Marshal(b[key])
		if string(x) != string(y) {
			names = append(names, key.Kind+" "+key.Name)
		}
	}
	for key := range b {
		if a[key] == nil {
			names = append(names, key.Kind+" "+key.Name)
		}
	}
	slices.Sort(names)
	return names
}
