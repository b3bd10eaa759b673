//go:build e2e

package e2e

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// scene is manifests in a namespace of their own.
type scene struct {
	*cluster
	ns   string
	docs []document
}

// document is one manifest as it is written: the API server reads the text itself.
type document struct {
	text             string
	apiVersion, kind string
	name             string
}

// newScene moves the manifests of a case, which are in namespace ci, to one of their own. What
// belongs to the cluster gets a name of its own.
func newScene(t *testing.T, c *cluster, ns, text string) *scene {
	t.Helper()
	s := &scene{cluster: c, ns: ns}
	text = regexp.MustCompile(`namespace: ci\b`).ReplaceAllString(text, "namespace: "+ns)
	texts := strings.Split(text, "\n---\n")
	for _, doc := range texts {
		var head struct {
			APIVersion, Kind string
			Metadata         struct{ Name string }
		}
		if err := yaml.Unmarshal([]byte(doc), &head); err != nil {
			t.Fatalf("%v\n%s", err, doc)
		}
		s.docs = append(s.docs, document{doc, head.APIVersion, head.Kind, head.Metadata.Name})
	}
	for _, d := range s.docs {
		switch d.kind {
		case "Namespace":
			s.rename(d.name, ns)
		case "ClusterRole", "ClusterRoleBinding", "StorageClass", "PriorityClass":
			s.rename(d.name, d.name+"-"+ns)
		}
	}
	order := []string{"Namespace", "StorageClass", "PriorityClass", "ResourceQuota", "LimitRange", "ServiceAccount", "ClusterRole", "Role", "ClusterRoleBinding", "RoleBinding",
		"Secret", "ConfigMap", "PersistentVolumeClaim", "CustomResourceDefinition", "Task", "Pipeline", "TriggerBinding", "TriggerTemplate"}
	rank := func(d document) int {
		if i := slices.Index(order, d.kind); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortStableFunc(s.docs, func(a, b document) int { return rank(a) - rank(b) })
	return s
}

// rename gives an object of the cluster another name, where it is defined and where it is named.
func (s *scene) rename(from, to string) {
	named := regexp.MustCompile(`(kind: (?:Cluster\w+|StorageClass|PriorityClass|Namespace)\b(?:\nmetadata:)?(?:[^\n]*?|\n +)name: |storageClassName: |priorityClassName: |kind: ClusterRole, name: )` + regexp.QuoteMeta(from) + `\b`)
	for i, d := range s.docs {
		s.docs[i].text = named.ReplaceAllString(d.text, "${1}"+to)
		if d.name == from && (d.kind == "Namespace" || strings.HasPrefix(d.kind, "Cluster") || strings.HasSuffix(d.kind, "Class")) {
			s.docs[i].name = to
		}
	}
}

// setUp makes what the facts of the cases say is there.
func (s *scene) setUp(t *testing.T) {
	t.Helper()
	s.ensureNamespaces(t, s.ns)
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "api"}, StringData: map[string]string{"token": secretValue}}
	if _, err := s.typed.CoreV1().Secrets(s.ns).Create(t.Context(), secret, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, 30*time.Second, "the default account", func() error {
		_, err := s.typed.CoreV1().ServiceAccounts(s.ns).Get(t.Context(), "default", metav1.GetOptions{})
		return err
	})
}

// tearDown takes away what others would meet: pods on nodes, ports of nodes.
func (s *scene) tearDown(t *testing.T) {
	t.Helper()
	if err := s.typed.CoreV1().Namespaces().Delete(t.Context(), s.ns, metav1.DeleteOptions{}); err != nil {
		t.Error(err)
	}
	services, err := s.typed.CoreV1().Services(s.ns).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Error(err)
	}
	for _, service := range services.Items {
		err := s.typed.CoreV1().Services(s.ns).Delete(t.Context(), service.Name, metav1.DeleteOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			t.Error(err)
		}
	}
}

// applyText hands a document to the API server as it is written.
func (s *scene) applyText(ctx context.Context, d document) error {
	endpoint, err := s.resource(d.apiVersion, d.kind, s.ns)
	if err != nil {
		return err
	}
	if d.name == "" {
		var value map[string]any
		if err := yaml.Unmarshal([]byte(d.text), &value); err != nil {
			return err
		}
		_, err = endpoint.Create(ctx, &unstructured.Unstructured{Object: value}, metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict})
		return err
	}
	force := true
	_, err = s.patch(ctx, endpoint, d.name, []byte(d.text), metav1.PatchOptions{FieldManager: manager, Force: &force, FieldValidation: metav1.FieldValidationStrict})
	return err
}

// runLoose runs the tasks and pipelines of the scene that no run of it names, with some value for
// each parameter and an empty folder for each workspace.
func (s *scene) runLoose(ctx context.Context) error {
	if slices.ContainsFunc(s.docs, func(d document) bool { return strings.HasSuffix(d.kind, "Run") || d.kind == "TriggerTemplate" }) {
		return nil
	}
	kind, ref, spec := "TaskRun", "taskRef", "podTemplate"
	if slices.ContainsFunc(s.docs, func(d document) bool { return d.kind == "Pipeline" }) {
		kind, ref, spec = "PipelineRun", "pipelineRef", "taskRunTemplate"
	}
	for _, d := range s.docs {
		if d.kind+"Run" != kind {
			continue
		}
		var declared struct {
			Spec struct {
				Params     []pipelinev1.ParamSpec
				Workspaces []struct{ Name string }
			}
		}
		if err := yaml.Unmarshal([]byte(d.text), &declared); err != nil {
			return err
		}
		template := map[string]any{"tolerations": []any{map[string]any{"key": "nvidia.com/gpu", "operator": "Exists"}}}
		if kind == "PipelineRun" {
			template = map[string]any{"podTemplate": template}
		}
		var params, workspaces []any
		for _, p := range declared.Spec.Params {
			value := any("some")
			if p.Type == pipelinev1.ParamTypeArray {
				value = []any{"some"}
			}
			params = append(params, map[string]any{"name": p.Name, "value": value})
		}
		for _, w := range declared.Spec.Workspaces {
			workspaces = append(workspaces, map[string]any{"name": w.Name, "emptyDir": map[string]any{}})
		}
		run := map[string]any{
			"apiVersion": "tekton.dev/v1", "kind": kind, "metadata": map[string]any{"name": "some-" + d.name, "namespace": s.ns},
			"spec": map[string]any{ref: map[string]any{"name": d.name}, "params": params, "workspaces": workspaces, spec: template},
		}
		text, err := yaml.Marshal(run)
		if err != nil {
			return err
		}
		if err := s.applyText(ctx, document{string(text), "tekton.dev/v1", kind, "some-" + d.name}); err != nil {
			return err
		}
	}
	return nil
}
