//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"

	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/test/controlplane"
)

var (
	binaries controlplane.Binaries
	workDir  string
)

// manager is the field manager that Argo CD applies as.
const manager = "argocd-controller"

// cluster is a running control plane with clients of it.
type cluster struct {
	*controlplane.Plane
	config  *rest.Config
	dynamic dynamic.Interface
	typed   kubernetes.Interface
	mapper  *restmapper.DeferredDiscoveryRESTMapper
	// answers are rows of the table of docs/proof.md.
	answers []string
	// volume is what is behind a volume; a CSI driver where it is nil.
	volume func(corev1.PersistentVolumeClaim) (corev1.PersistentVolumeSource, *corev1.VolumeNodeAffinity)
}

// answer notes that a server and tenon gave the same answers to a number of questions, of which some
// were yes.
func (c *cluster) answer(question, who string, asked, yes int) {
	c.answers = append(c.answers, fmt.Sprintf("| %s | %s | %d | %d | 0 |", question, who, asked, yes))
}

// newCluster starts a control plane with the definitions that the platform needs and cannot bring,
// and a provisioner of volumes. It ends with the test.
func newCluster(t *testing.T, flags map[string]string) *cluster {
	t.Helper()
	return startCluster(t, folder(t), controlplane.Settings{FeatureFlags: flags})
}

// folder of a test's own, in which the logs are.
func folder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(workDir, strings.ReplaceAll(t.Name(), "/", "-"))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func startCluster(t *testing.T, dir string, settings controlplane.Settings) *cluster {
	t.Helper()
	started := time.Now()
	plane, err := controlplane.Start(t.Context(), binaries, dir, settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(plane.Stop)
	c := &cluster{Plane: plane}
	if c.config, err = clientcmd.BuildConfigFromFlags("", plane.Kubeconfig()); err != nil {
		t.Fatal(err)
	}
	c.config.QPS = -1 // the server's own limits are enough
	if c.dynamic, err = dynamic.NewForConfig(c.config); err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(c.config)
	if err != nil {
		t.Fatal(err)
	}
	c.typed = client
	c.mapper = restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client.Discovery()))
	t.Logf("API server and webhooks up in %.1f s", time.Since(started).Seconds())
	return c
}

// runPods starts what runs pods: see controlplane.RunCluster.
func (c *cluster) runPods(t *testing.T, tasks []manifest.Object) {
	t.Helper()
	started := time.Now()
	if err := c.RunCluster(t.Context(), stages(t, tasks)); err != nil {
		t.Fatal(err)
	}
	c.provision(t)
	t.Logf("controllers, scheduler and kwok up in %.1f s", time.Since(started).Seconds())
}

// resource is the endpoint of an object's kind in a namespace.
func (c *cluster) resource(apiVersion, kind, namespace string) (dynamic.ResourceInterface, error) {
	gvk := schema.FromAPIVersionAndKind(apiVersion, kind)
	mapping, err := c.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	if meta.IsNoMatchError(err) {
		c.mapper.Reset() // its definition may be newer than what was read
		mapping, err = c.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	}
	if err != nil {
		return nil, err
	}
	if mapping.Scope.Name() == meta.RESTScopeNameRoot {
		return c.dynamic.Resource(mapping.Resource), nil
	}
	if namespace == "" {
		namespace = metav1.NamespaceDefault
	}
	return c.dynamic.Resource(mapping.Resource).Namespace(namespace), nil
}

// apply is what Argo CD does with ServerSideApply=true. An object without a name is created.
func (c *cluster) apply(ctx context.Context, o manifest.Object) (*unstructured.Unstructured, error) {
	endpoint, err := c.resource(o.APIVersion, o.Kind, o.Namespace)
	if err != nil {
		return nil, err
	}
	object := &unstructured.Unstructured{Object: runtime.DeepCopyJSON(o.Value)}
	if o.Name == "" {
		return endpoint.Create(ctx, object, metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict})
	}
	data, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	// As kubectl apply does, unknown fields are refused and not dropped.
	force := true
	return c.patch(ctx, endpoint, o.Name, data, metav1.PatchOptions{FieldManager: manager, Force: &force, FieldValidation: metav1.FieldValidationStrict})
}

func (c *cluster) patch(ctx context.Context, endpoint dynamic.ResourceInterface, name string, data []byte, options metav1.PatchOptions) (*unstructured.Unstructured, error) {
	return endpoint.Patch(ctx, name, "application/apply-patch+yaml", data, options)
}

// must applies objects that nothing should refuse.
func (c *cluster) must(t *testing.T, objects ...manifest.Object) {
	t.Helper()
	for _, o := range objects {
		if _, err := c.apply(t.Context(), o); err != nil {
			t.Fatalf("%s %s: %v", o.Kind, o.Name, err)
		}
	}
}

// delete deletes an object and what it owns; one that is gone already is no error.
func (c *cluster) delete(ctx context.Context, o manifest.Object) error {
	endpoint, err := c.resource(o.APIVersion, o.Kind, o.Namespace)
	if err != nil {
		return err
	}
	background := metav1.DeletePropagationBackground
	err = endpoint.Delete(ctx, o.Name, metav1.DeleteOptions{PropagationPolicy: &background})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// ensureNamespaces creates the namespaces of objects that are not there, as an administrator
// would for those that are stated to exist.
func (c *cluster) ensureNamespaces(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		_, err := c.typed.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			t.Fatal(err)
		}
	}
}

// eventually asks until the answer is yes, and fails the test with the last reason after the time.
func eventually(t *testing.T, within time.Duration, what string, ask func() error) {
	t.Helper()
	if err := until(t.Context(), within, ask); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func until(ctx context.Context, within time.Duration, ask func() error) error {
	var last error
	for deadline := time.Now().Add(within); time.Now().Before(deadline); {
		if last = ask(); last == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return fmt.Errorf("not within %s: %w", within, last)
}

// convert reads an unstructured object as a type.
func convert[T any](t *testing.T, o *unstructured.Unstructured) T {
	t.Helper()
	var typed T
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, &typed); err != nil {
		t.Fatal(err)
	}
	return typed
}

// parse reads manifests of a test.
func parse(t *testing.T, text string) []manifest.Object {
	t.Helper()
	parsed := manifest.Parse("test", []byte(text))
	if len(parsed.Findings) > 0 {
		t.Fatal(parsed.Findings)
	}
	return parsed.Objects
}

func ofKind(objects []manifest.Object, kinds ...string) []manifest.Object {
	var some []manifest.Object
	for _, o := range objects {
		if slices.Contains(kinds, o.Kind) {
			some = append(some, o)
		}
	}
	return some
}

func copyOf(t *testing.T, value map[string]any) map[string]any {
	t.Helper()
	return runtime.DeepCopyJSON(value)
}
