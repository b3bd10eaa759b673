//go:build e2e

package e2e

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenon.dev/tenon/internal/manifest"
)

// The reference platform's namespace, and its EventListener, which has the pipeline's name.
const (
	namespace = "tekton-gpu-pipelines"
	pipeline  = "scientific-computing-ci"
)

// secretValue is what every key of a Secret holds that External Secrets would bring.
const secretValue = "a-value-of-a-test"

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

// event is a push that GitHub reports, or with a kind another event of it.
type event struct {
	sha    string
	ref    string
	secret string
	kind   string
}

// payload is GitHub's own example of a push, with the commit and branch of the event
// (https://github.com/octokit/webhooks).
func (e event) payload(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile(root + "/test/traffic/node_modules/@octokit/webhooks-examples/api.github.com/index.json")
	if err != nil {
		t.Fatalf("%v\n  try: make peers", err)
	}
	var events []struct {
		Name     string
		Examples []map[string]any
	}
	if err := json.Unmarshal(data, &events); err != nil {
		t.Fatal(err)
	}
	for _, kind := range events {
		for _, example := range kind.Examples {
			ref, _ := example["ref"].(string)
			if e.kind == kind.Name && example["action"] == "opened" {
				text, err := json.Marshal(example)
				if err != nil {
					t.Fatal(err)
				}
				return text
			}
			if e.kind == "" && kind.Name == "push" && strings.HasPrefix(ref, "refs/heads/") {
				example["ref"], example["after"], example["deleted"] = e.ref, e.sha, false
				text, err := json.Marshal(example)
				if err != nil {
					t.Fatal(err)
				}
				return text
			}
		}
	}
	t.Fatalf("GitHub has no example of %+v", e)
	return nil
}

// post sends an event as GitHub signs it and returns the listener's id of it. A listener answers 202
// before it looks at the event
// (https://tekton.dev/docs/triggers/eventlisteners/#understanding-eventlistener-response).
func post(t *testing.T, url string, e event) string {
	t.Helper()
	body := e.payload(t)
	signature := hmac.New(sha256.New, []byte(e.secret))
	signature.Write(body)
	request, err := http.NewRequest("POST", url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-GitHub-Event", cmp.Or(e.kind, "push"))
	request.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(signature.Sum(nil)))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct{ EventID string }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || response.StatusCode != http.StatusAccepted || answer.EventID == "" {
		t.Fatalf("the listener answers %s: %v", response.Status, err)
	}
	return answer.EventID
}

// runsOf are the runs that an event started.
func (c *cluster) runsOf(ctx context.Context, in, id string) ([]string, error) {
	return c.runNames(ctx, in, "triggers.tekton.dev/triggers-eventid="+id)
}

func (c *cluster) runNames(ctx context.Context, in, selector string) ([]string, error) {
	endpoint, err := c.resource("tekton.dev/v1", "PipelineRun", in)
	if err != nil {
		return nil, err
	}
	list, err := endpoint.List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, item := range list.Items {
		names = append(names, item.GetName())
	}
	return names, nil
}

// started waits until an event has started its run, and returns the run's name.
func (c *cluster) started(t *testing.T, in, id string) string {
	t.Helper()
	var name string
	eventually(t, 30*time.Second, "event "+id+" starts a run", func() error {
		names, err := c.runsOf(t.Context(), in, id)
		if err == nil && len(names) != 1 {
			err = fmt.Errorf("it started %d", len(names))
		}
		if err == nil {
			name = names[0]
		}
		return err
	})
	return name
}

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

// testEvents: in each phase the commits below its share start a run, and no others do.
func (a *application) testEvents(t *testing.T, url string) {
	// The highest commit of each share, and the lowest above it.
	const tenth, beyondTenth = "19999998ffffffffffffffffffffffffffffffff", "1999999900000000000000000000000000000000"
	const half, beyondHalf = "7fffffffffffffffffffffffffffffffffffffff", "8000000000000000000000000000000000000000"
	const last = "ffffffffffffffffffffffffffffffffffffffff"
	const main = "refs/heads/main"
	asked, started := 0, 0
	for _, c := range []struct {
		phase         string
		runs, ignored []event
	}{
		{"phase1", []event{{sha: tenth, ref: main, secret: secretValue}}, []event{{sha: beyondTenth, ref: main, secret: secretValue}, {sha: tenth, ref: main, secret: "wrong"}, {sha: tenth, ref: "refs/heads/other", secret: secretValue}}},
		{"phase2", []event{{sha: beyondTenth, ref: main, secret: secretValue}, {sha: half, ref: main, secret: secretValue}}, []event{{sha: beyondHalf, ref: main, secret: secretValue}, {sha: half, ref: main, secret: "wrong"}}},
		{"phase3", []event{{sha: beyondHalf, ref: main, secret: secretValue}, {sha: last, ref: main, secret: secretValue}}, []event{{sha: last, ref: main, secret: "wrong"}}},
		{"phase1", []event{{sha: tenth, ref: main, secret: secretValue}}, []event{{sha: last, ref: main, secret: secretValue}}},
	} {
		a.sync(t, overlayOf(t, "prod/"+c.phase))
		time.Sleep(time.Second) // the listener hears of the change by a watch
		var ignored []string
		for _, e := range c.ignored {
			ignored = append(ignored, post(t, url, e))
		}
		for _, e := range c.runs {
			a.remove(t, a.started(t, namespace, post(t, url, e)))
		}
		for i, id := range ignored {
			if names, err := a.runsOf(t.Context(), namespace, id); err != nil || len(names) > 0 {
				t.Errorf("%s: %+v started %v %v", c.phase, c.ignored[i], names, err)
			}
		}
		asked, started = asked+len(c.runs)+len(c.ignored), started+len(c.runs)
	}
	a.answer("Does a push start a run in the phase that its commit's share begins in, and only if it is signed?", "the EventListener", asked, started)
}

// remove deletes a run and waits until its claims are gone: the quota has room for those of one.
func (c *cluster) remove(t *testing.T, run string) {
	t.Helper()
	o := parse(t, "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {name: "+run+", namespace: "+namespace+"}\n")[0]
	found, err := c.get(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.delete(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	c.wantNoClaims(t, convert[pipelinev1.PipelineRun](t, found))
}

// finished waits until a run has ended, and wants it to have succeeded.
func (c *cluster) finished(t *testing.T, in, name string) pipelinev1.PipelineRun {
	t.Helper()
	run := c.ended(t, in, name)
	if condition := run.Status.GetCondition("Succeeded"); !condition.IsTrue() {
		t.Fatalf("%s ended with %s: %s", name, condition.Reason, condition.Message)
	}
	return run
}

// ended waits until a run is done.
func (c *cluster) ended(t *testing.T, in, name string) pipelinev1.PipelineRun {
	t.Helper()
	endpoint, err := c.resource("tekton.dev/v1", "PipelineRun", in)
	if err != nil {
		t.Fatal(err)
	}
	var run pipelinev1.PipelineRun
	eventually(t, 2*time.Minute, name+" ends", func() error {
		found, err := endpoint.Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		run = convert[pipelinev1.PipelineRun](t, found)
		if !run.IsDone() {
			condition := run.Status.GetCondition("Succeeded")
			return fmt.Errorf("it is %v", condition)
		}
		return nil
	})
	return run
}
