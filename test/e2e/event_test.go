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
	"testing"
	"time"

	"tenon.dev/tenon/test/traffic/payload"
)

// The reference platform's namespace, and its EventListener, which has the pipeline's name.
const (
	namespace = "tekton-gpu-pipelines"
	pipeline  = "scientific-computing-ci"
)

// secretValue is what every key of a Secret holds that External Secrets would bring.
const secretValue = "a-value-of-a-test"

// event is a push that GitHub reports, or with a kind another event of it.
type event struct {
	sha    string
	ref    string
	secret string
	kind   string
	// repository that was pushed to; GitHub's own example, where there is none.
	repository string
	// pipeline and namespace of the listener, where it is not the reference platform's.
	pipeline, namespace string
}

// payload is GitHub's own example of the event, with the commit and branch of this one.
func (e event) payload(t *testing.T) []byte {
	t.Helper()
	example, err := payload.Example(root, cmp.Or(e.kind, "push"))
	if err != nil {
		t.Fatal(err)
	}
	if e.kind == "" {
		example["ref"], example["after"], example["deleted"] = e.ref, e.sha, false
	}
	if e.repository != "" {
		example["repository"].(map[string]any)["clone_url"] = e.repository
	}
	text, err := json.Marshal(example)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// post sends an event as GitHub signs it and returns the listener's id of it. A listener answers 202
// before it looks at the event
// (https://tekton.dev/docs/triggers/eventlisteners/#understanding-eventlistener-response).
func post(t *testing.T, url string, e event) string {
	t.Helper()
	body := e.payload(t)
	request, err := http.NewRequest("POST", url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-GitHub-Event", cmp.Or(e.kind, "push"))
	request.Header.Set("X-Hub-Signature-256", "sha256="+sign(body, e.secret))
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

// sign gives the signature of GitHub for a payload.
func sign(body []byte, secret string) string {
	signature := hmac.New(sha256.New, []byte(secret))
	signature.Write(body)
	return hex.EncodeToString(signature.Sum(nil))
}

// runsOf are the runs that an event started.
func (c *cluster) runsOf(ctx context.Context, in, id string) ([]string, error) {
	return c.runNames(ctx, in, "triggers.tekton.dev/triggers-eventid="+id)
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

// The highest commit of each share, and the lowest above it.
const (
	tenth, beyondTenth = "19999998ffffffffffffffffffffffffffffffff", "1999999900000000000000000000000000000000"
	half, beyondHalf   = "7fffffffffffffffffffffffffffffffffffffff", "8000000000000000000000000000000000000000"
)

// testEvents: in each phase the commits below its share start a run, and no others do.
func (a *application) testEvents(t *testing.T, url string) {
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
