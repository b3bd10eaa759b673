//go:build e2e

package e2e

import (
	"encoding/json"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenon.dev/tenon/internal/manifest"
)

// TestCluster runs the production environment on one cluster.
func TestCluster(t *testing.T) {
	e := environment(t, "prod")
	c := newCluster(t, featureFlags(e))
	c.prepare(t, e)
	objects := overlayOf(t, "prod/phase1")
	c.runPods(t, objects)
	c.addNodes(t, e.State.Pools)
	app := &application{cluster: c, live: map[manifest.Key]manifest.Object{}}
	app.sync(t, objects)
	c.applyArgoCD(t)
	c.externalSecrets(t, objects)
	if err := c.RunInterceptors(t.Context()); err != nil {
		t.Fatal(err)
	}
	url, err := c.RunListener(t.Context(), namespace, pipeline, account(t, objects))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []struct {
		name string
		test func(t *testing.T)
	}{
		{"run", func(t *testing.T) { c.testRun(t, url) }},
		{"builds", func(t *testing.T) { c.testBuilds(t, e) }},
		{"failures", func(t *testing.T) { c.testFailures(t, objects) }},
		{"access", func(t *testing.T) { c.testAccess(t, objects) }},
		{"placement", func(t *testing.T) { c.testPlacement(t, e) }},
		{"events", func(t *testing.T) { app.testEvents(t, url) }},
		{"waiting", func(t *testing.T) { c.testWaiting(t, objects) }},
		{"jobs", func(t *testing.T) { c.testJobs(t, objects) }},
		{"quota", func(t *testing.T) { c.testQuota(t, e) }},
	} {
		if !t.Run(part.name, part.test) {
			return // what follows would only find what this one left behind
		}
	}
	prove(t, "answers", "| question | who answers | asked | yes | differences |\n| --- | --- | --- | --- | --- |\n"+strings.Join(c.answers, "\n")+"\n")
}

// account is that of the platform's EventListener.
func account(t *testing.T, objects []manifest.Object) string {
	t.Helper()
	for _, o := range ofKind(objects, "EventListener") {
		name, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "serviceAccountName"})
		return name.(string)
	}
	t.Fatal("there is no EventListener")
	return ""
}

// externalSecrets plays External Secrets: it makes the Secrets that its objects ask for.
func (c *cluster) externalSecrets(t *testing.T, objects []manifest.Object) {
	t.Helper()
	for _, o := range ofKind(objects, "ExternalSecret") {
		var spec struct {
			Data   []struct{ SecretKey string }
			Target struct{ Name string }
		}
		text, _ := json.Marshal(o.Value["spec"])
		if err := json.Unmarshal(text, &spec); err != nil {
			t.Fatal(err)
		}
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: o.Namespace, Name: spec.Target.Name}, StringData: map[string]string{}}
		for _, d := range spec.Data {
			secret.StringData[d.SecretKey] = secretValue
		}
		if _, err := c.typed.CoreV1().Secrets(o.Namespace).Create(t.Context(), secret, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
			t.Fatal(err)
		}
	}
}
