//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"tenon.dev/tenon/internal/graph/access"
	"tenon.dev/tenon/internal/manifest"
)

// The ways in which manifests fare on a cluster.
const (
	refused = "refused"          // an object is not taken
	quota   = "refused by quota" // a pod is not taken, for a quota
	pending = "Pending for ever" // a pod is placed nowhere
	fails   = "run fails"
	ignored = "event ignored" // the listener starts no run
	fine    = "fine"
)

// fate is how manifests fare, and what the cluster says of it.
type fate struct{ how, says string }

func (f fate) String() string { return f.how + ": " + f.says }

// lasting is how long something has to stand before it is taken to stand for ever: volumes that are
// bound late, and caches that are behind, take less.
const lasting = 5 * time.Second

// play applies the manifests, runs what they bring to run, sends an event to their listener, and
// waits for what becomes of it all.
func (s *scene) play(t *testing.T) fate {
	t.Helper()
	s.setUp(t)
	defer s.tearDown(t)
	for i, d := range s.docs {
		if i > 0 && s.docs[i-1].kind == "ResourceQuota" && d.kind != "ResourceQuota" {
			s.awaitQuota(t)
		}
		if err := s.applyText(t.Context(), d); err != nil {
			if strings.Contains(err.Error(), "quota: ") {
				return fate{quota, err.Error()}
			}
			return fate{refused, fmt.Sprintf("%s: %v", d.kind, err)}
		}
		if d.kind == "CustomResourceDefinition" {
			s.awaitKind(t, d)
		}
	}
	if f, done := s.listen(t); done {
		return f
	}
	if err := s.runLoose(t.Context()); err != nil {
		return fate{refused, err.Error()}
	}
	last := fate{}
	since := time.Now()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		f, final := s.look(t)
		if f.how != last.how {
			last, since = f, time.Now()
		}
		if final || f.how != "" && time.Since(since) > lasting {
			return f
		}
	}
	return fate{"unclear", last.says}
}

// awaitQuota waits until the API server reckons with the quotas of the scene. It watches them, and lags behind on a
// busy machine: once it keeps a later quota, which allows no Lease, it knows those before it.
func (s *scene) awaitQuota(t *testing.T) {
	t.Helper()
	ctx, quotas := t.Context(), s.typed.CoreV1().ResourceQuotas(s.ns)
	canary := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Name: "canary"}, Spec: corev1.ResourceQuotaSpec{
		Hard: corev1.ResourceList{"count/leases.coordination.k8s.io": resource.MustParse("0")},
	}}
	if _, err := quotas.Create(ctx, canary, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, time.Minute, "the quotas of "+s.ns+" are counted", func() error {
		list, err := quotas.List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for _, q := range list.Items {
			if len(q.Status.Hard) == 0 {
				return fmt.Errorf("%s has no status", q.Name)
			}
		}
		lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: "canary"}}
		_, err = s.typed.CoordinationV1().Leases(s.ns).Create(ctx, lease, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if err == nil || !strings.Contains(err.Error(), "exceeded quota: canary") {
			return fmt.Errorf("a Lease is taken: %v", err)
		}
		return nil
	})
	if err := quotas.Delete(ctx, "canary", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
}

// awaitKind waits until the API server serves the kind that a definition brings: it publishes it some time later.
func (s *scene) awaitKind(t *testing.T, d document) {
	t.Helper()
	var definition apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal([]byte(d.text), &definition); err != nil {
		t.Fatal(err)
	}
	spec := definition.Spec
	for _, version := range spec.Versions {
		eventually(t, time.Minute, spec.Names.Kind+" is served", func() error {
			endpoint, err := s.resource(spec.Group+"/"+version.Name, spec.Names.Kind, s.ns)
			if err != nil {
				return err
			}
			_, err = endpoint.List(t.Context(), metav1.ListOptions{Limit: 1})
			return err
		})
	}
}

// listen starts the listener of the scene, if there is one, and sends it a push.
func (s *scene) listen(t *testing.T) (fate, bool) {
	t.Helper()
	i := slices.IndexFunc(s.docs, func(d document) bool { return d.kind == "EventListener" })
	if i < 0 {
		return fate{}, false
	}
	// Bindings of roles take a moment; those of a wrong account never do.
	_ = until(t.Context(), lasting, func() error {
		account := manifest.Object{Namespace: s.ns, Name: "listener"}
		if !s.may(t, account, access.Right{Verb: "watch", Group: "triggers.tekton.dev", Resource: "triggers", Namespace: s.ns}) {
			return errors.New("not yet")
		}
		return nil
	})
	ctx, stop := context.WithTimeout(t.Context(), 3*lasting)
	defer stop()
	url, err := s.RunListener(ctx, s.ns, s.docs[i].name, "listener")
	if err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return fate{ignored, "the listener does not start: " + s.refusals("listener-"+s.ns)}, true
		}
		t.Fatal(err)
	}
	if !strings.Contains(s.docs[i].text, "triggers:") {
		return fate{fine, "the listener starts"}, true
	}
	e := event{sha: "0000000000000000000000000000000000000003", ref: "refs/heads/main", secret: secretValue}
	if strings.Contains(s.docs[i].text, "opened") {
		e.kind = "pull_request"
	}
	id := post(t, url, e)
	err = until(t.Context(), lasting, func() error {
		for _, kind := range []string{"PipelineRun", "TaskRun"} {
			endpoint, err := s.resource("tekton.dev/v1", kind, s.ns)
			if err != nil {
				return err
			}
			list, err := endpoint.List(t.Context(), metav1.ListOptions{LabelSelector: "triggers.tekton.dev/triggers-eventid=" + id})
			if err != nil {
				return err
			}
			if len(list.Items) > 0 {
				return nil
			}
		}
		return errors.New("it starts no run")
	})
	if err != nil {
		return fate{ignored, s.refusals("listener-" + s.ns)}, true
	}
	return fate{fine, "the event starts a run"}, true
}

// refusals are the lines of a program's log that say what went wrong.
func (s *scene) refusals(program string) string {
	var lines []string
	for line := range strings.Lines(s.Log(program)) {
		if strings.Contains(line, "forbidden") || strings.Contains(line, "ERROR") || strings.Contains(line, "stopped trigger processing") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return strings.Join(lines, " ")
}

// look judges what is there now; final says that it will stay so.
func (s *scene) look(t *testing.T) (f fate, final bool) {
	t.Helper()
	ctx := t.Context()
	runs := map[string]int{}
	for _, kind := range []string{"TaskRun", "PipelineRun"} {
		f, all, done := s.lookAtRuns(t, kind)
		if f.how != "" {
			return f, f.how == fails
		}
		if done < all {
			return s.lookAtPods(t), false
		}
		runs[kind] = all
	}
	if runs["PipelineRun"]+runs["TaskRun"] > 0 {
		return fate{fine, "the run succeeds"}, true
	}
	events, err := s.typed.CoreV1().Events(s.ns).List(ctx, metav1.ListOptions{FieldSelector: "reason=FailedCreate"})
	if err != nil && !apierrors.IsNotFound(err) {
		t.Fatal(err)
	}
	if len(events.Items) > 0 {
		return fate{refused, events.Items[0].Message}, true
	}
	if f := s.lookAtPods(t); f.how != "" {
		return f, false
	}
	return fate{fine, "all is placed and done"}, false
}

// lookAtRuns counts runs and those that succeeded, and finds one that failed or is held up.
func (s *scene) lookAtRuns(t *testing.T, kind string) (f fate, all, done int) {
	t.Helper()
	endpoint, err := s.resource("tekton.dev/v1", kind, s.ns)
	if err != nil {
		t.Fatal(err)
	}
	list, err := endpoint.List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range list.Items {
		run := convert[pipelinev1.TaskRun](t, &item) // both kinds have their condition at the same place
		condition := run.Status.GetCondition("Succeeded")
		says := condition.GetReason() + ": " + condition.GetMessage()
		switch {
		case condition.IsFalse():
			return fate{fails, says}, 0, 0
		case strings.Contains(says, "exceeded quota"):
			return fate{quota, says}, 0, 0
		case condition.IsTrue():
			done++
		}
	}
	return fate{}, len(list.Items), done
}

// lookAtPods finds a pod that is placed nowhere.
func (s *scene) lookAtPods(t *testing.T) fate {
	t.Helper()
	pods, err := s.typed.CoreV1().Pods(s.ns).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pods.Items {
		for _, c := range p.Status.Conditions {
			if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse && p.DeletionTimestamp == nil {
				return fate{pending, c.Message}
			}
		}
	}
	return fate{}
}
