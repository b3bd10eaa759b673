package steps

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// smtplib stands for the module of that name: it writes down what is sent.
const smtplib = `import os
class SMTP:
    def __init__(self, server, port, timeout): self.log = [f"{server}:{port}"]
    def __enter__(self): return self
    def __exit__(self, *_): open(os.environ["FAKE_STORE"] + "/mail", "w").write("\n".join(self.log))
    def starttls(self, context): self.log.append("starttls")
    def login(self, user, password): self.log.append(f"login {user}")
    def send_message(self, message): self.log.append(str(message))
`

// call is a request that a step made.
type call struct {
	method, path, token string
	body                map[string]any
}

// recorder is a server that takes every request.
func recorder(t *testing.T, status int) (*httptest.Server, *[]call) {
	t.Helper()
	var calls []call
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		var body map[string]any
		if err := json.Unmarshal(data, &body); err != nil {
			t.Errorf("%s: %v", data, err)
		}
		calls = append(calls, call{r.Method, r.URL.Path, cmp.Or(r.Header.Get("Authorization"), r.Header.Get("PRIVATE-TOKEN")), body})
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	return server, &calls
}

// closing is how a run ends, and what is told of it.
type closing struct {
	status, reasons, parallel string
	// state of the commit, and words in its description.
	state, words string
	// chat is the channel that is told; none where it is empty.
	chat string
	mail bool
	// failed is the step that fails.
	failed string
}

const fine = "prepare-environment=Succeeded *execute-tests=Succeeded"

// TestClosing: who is told what, by how the run ended.
func TestClosing(t *testing.T) {
	for name, x := range map[string]closing{
		"a run that succeeded":      {status: "Succeeded", reasons: fine, state: "success", words: "Succeeded", chat: "/good"},
		"some tasks were skipped":   {status: "Completed", reasons: fine + " more=", state: "success", words: "Completed", chat: "/good"},
		"a test failed":             {status: "Failed", reasons: "prepare-environment=Succeeded execute-tests=StepFailed", state: "failure", words: "Failed: execute-tests (StepFailed)", chat: "/bad", mail: true},
		"a pod could not be made":   {status: "Failed", reasons: "prepare-environment=PodCreationFailed execute-tests=None", state: "failure", words: "prepare-environment (PodCreationFailed)", chat: "/bad", mail: true},
		"a newer one supersedes":    {status: "Failed", reasons: "prepare-environment=Succeeded *execute-notebook-gpu=TaskRunCancelled *execute-tests=None", state: "error", words: "Cancelled"},
		"it never found room":       {status: "Completed", reasons: "prepare-environment=None *execute-notebook-gpu= *execute-tests=None", state: "error", words: "Cancelled or out of time: not run: execute-notebook-gpu, execute-tests"},
		"it was out of time":        {status: "Completed", reasons: "prepare-environment=Succeeded *execute-notebook-gpu=Succeeded *execute-tests=", state: "error", words: "not run: execute-tests"},
		"many notebooks at a time":  {status: "Succeeded", reasons: "prepare-environment=Succeeded *execute-notebook-gpu=$(tasks.execute-notebook-gpu.reason) *execute-tests=Succeeded", state: "success", words: "Succeeded", chat: "/good"},
		"it failed and was ended":   {status: "Failed", reasons: "prepare-environment=Failed execute-tests=TaskRunCancelled", state: "failure", words: "prepare-environment (Failed)", chat: "/bad", mail: true},
		"the former CI runs it too": {status: "Succeeded", reasons: fine, parallel: "true", state: "success", words: "Succeeded", chat: "/good"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			failed, output := c.close(x.status, x.reasons, cmp.Or(x.parallel, "false"))
			c.want(t, x, failed, output)
			contexts := []string{"ci/tekton", "ci/notebooks"}
			if x.parallel == "true" {
				contexts = contexts[:1]
			}
			if len(*c.forge) != len(contexts) {
				t.Fatalf("the forge was told %+v, want %v", *c.forge, contexts)
			}
			for i, context := range contexts {
				if (*c.forge)[i].body["context"] != context {
					t.Errorf("the forge was told %+v, want %s", (*c.forge)[i], context)
				}
			}
		})
	}
}

// want compares what was told with what should have been.
func (c *cluster) want(t *testing.T, x closing, failed, output string) {
	t.Helper()
	if failed != x.failed {
		t.Fatalf("step %q failed, want %q: %s\n%s", failed, x.failed, output, c.log)
	}
	for _, made := range *c.forge {
		if made.path != "/repos/example/single-cell-notebooks/statuses/c0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ff" || made.token != "Bearer t0ken" ||
			made.body["state"] != x.state || !strings.Contains(made.body["description"].(string), x.words) {
			t.Errorf("unexpected request %+v, want %+v", made, x)
		}
	}
	var told []string
	for _, made := range *c.chat {
		told = append(told, made.path)
		if !strings.Contains(made.body["text"].(string), x.words) {
			t.Errorf("the chat was told %v, want %q", made.body["text"], x.words)
		}
	}
	if strings.Join(told, " ") != x.chat {
		t.Errorf("the chat was told by %v, want %q", told, x.chat)
	}
	_, err := os.Stat(c.path("store/mail"))
	if (err == nil) != x.mail {
		t.Errorf("a mail: %v, want %v", err == nil, x.mail)
	}
	if x.mail {
		mail := c.read("store/mail")
		for _, part := range []string{"smtp.example.com:587", "starttls", "login ci", "To: team@example.com,devops@example.com", "run-1: "} {
			if !strings.Contains(mail, part) {
				t.Errorf("no %q in the mail:\n%s", part, mail)
			}
		}
	}
	if strings.Contains(c.log, "t0ken") || strings.Contains(c.log, "s3cret") {
		t.Error("a secret is in the log")
	}
}

// TestNotPublished: a report that could not be published reaches status, messages and verdict, and what a
// lost pod's attempt has told is not told again.
func TestNotPublished(t *testing.T) {
	c := newCluster(t, "FAKE_STORE_DOWN=1")
	failed, output := c.close("Succeeded", fine, "false")
	x := closing{state: "failure", words: "Succeeded; the report could not be published", chat: "/bad", mail: true, failed: "verdict"}
	c.want(t, x, failed, output)
	if !strings.Contains(output, "could not be published") {
		t.Errorf("the verdict says %s", output)
	}
	if err := os.Remove(c.path("store/mail")); err != nil {
		t.Fatal(err)
	}
	c.close("Succeeded", fine, "false")
	if _, err := os.Stat(c.path("store/mail")); err == nil || len(*c.chat) > 0 {
		t.Error("it was told twice")
	}
}

// TestPending: the commit learns of the run's begin, and a forge that is away fails nothing.
func TestPending(t *testing.T) {
	for status, requests := range map[int]int{201: 2, 500: 6} {
		server, calls := recorder(t, status)
		c := newCluster(t)
		c.secrets, c.override = map[string]string{"token": "t0ken\n"}, map[string]string{"API": server.URL, "PAUSE": "0"}
		c.must("commit-status", map[string][]string{"revision": {"c0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ff"}, "parallel": {"false"}, "run": {"run-1"}})
		if len(*calls) != requests || (*calls)[0].body["state"] != "pending" {
			t.Errorf("%d: the forge was told %+v", status, *calls)
		}
		if strings.Contains(c.log, "t0ken") {
			t.Error("the token is in the log")
		}
	}
}

// TestForges: each forge is told of a run by its own API, in its own words.
func TestForges(t *testing.T) {
	const sha = "c0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ff"
	for forge, want := range map[string]call{
		"github":           {"POST", "/repos/example/single-cell-notebooks/statuses/" + sha, "Bearer t0ken", map[string]any{"state": "pending", "context": "ci/tekton"}},
		"gitea":            {"POST", "/repos/example/single-cell-notebooks/statuses/" + sha, "token t0ken", map[string]any{"state": "pending", "context": "ci/tekton"}},
		"gitlab":           {"POST", "/projects/example/single-cell-notebooks/statuses/" + sha, "t0ken", map[string]any{"state": "running", "name": "ci/tekton"}},
		"bitbucket":        {"POST", "/repositories/example/single-cell-notebooks/commit/" + sha + "/statuses/build", "Bearer t0ken", map[string]any{"state": "INPROGRESS", "key": "ci/tekton"}},
		"bitbucket-server": {"POST", "/rest/build-status/1.0/commits/" + sha, "Bearer t0ken", map[string]any{"state": "INPROGRESS", "key": "ci/tekton"}},
	} {
		server, calls := recorder(t, 201)
		c := newCluster(t)
		c.secrets, c.override = map[string]string{"token": "t0ken\n"}, map[string]string{"API": server.URL, "FORGE": forge, "PAUSE": "0"}
		c.must("commit-status", map[string][]string{"revision": {sha}, "parallel": {"true"}, "run": {"run-1"}})
		if len(*calls) != 1 {
			t.Fatalf("%s was told %+v", forge, *calls)
		}
		got := (*calls)[0]
		for key, value := range want.body {
			if got.body[key] != value {
				t.Errorf("%s: %s is %v, want %v", forge, key, got.body[key], value)
			}
		}
		if got.method != want.method || got.path != want.path || got.token != want.token {
			t.Errorf("%s was told by %s %s with %q, want %+v", forge, got.method, got.path, got.token, want)
		}
		// Of a comment or a release no commit is known: nobody is told, and nothing fails.
		c.must("commit-status", map[string][]string{"revision": {"refs/pull/3/head"}, "parallel": {"true"}, "run": {"run-1"}})
		if len(*calls) != 1 {
			t.Errorf("%s was told of a reference: %+v", forge, *calls)
		}
	}
}

// TestUntold: a chat or a forge that does not answer is asked again; what could not be told stands in the
// commit's status, and addresses stay secret.
func TestUntold(t *testing.T) {
	gone, tried := recorder(t, 404)
	for _, url := range []string{gone.URL + "/T0/B0/hidden", "hooks.example.com/hidden", "https://example.com/hid den\n"} {
		c := newCluster(t)
		c.secrets = map[string]string{"failure-url": url, "token": "t0ken", "username": "ci", "password": "s3cret"}
		failed, output := c.close("Failed", "execute-tests=StepFailed", "false")
		c.want(t, closing{state: "failure", words: "Slack could not be told", mail: true}, failed, output)
		if strings.Contains(c.log, "hidden") || strings.Contains(c.log, "hid den") {
			t.Errorf("logged: %s", c.log)
		}
	}
	if len(*tried) != 3 {
		t.Errorf("Slack was asked %d times, want 3", len(*tried))
	}
	away, _ := recorder(t, 500)
	c := newCluster(t)
	c.override = map[string]string{"API": away.URL}
	if failed, output := c.close("Succeeded", fine, "false"); failed != "verdict" || !strings.Contains(output, "status could not be set") {
		t.Errorf("step %q failed: %s", failed, output)
	}
}

// TestCompare: the results of both sides are compared while both run all commits.
func TestCompare(t *testing.T) {
	const ours = `<testsuites><testsuite tests="3" failures="1" errors="0" skipped="0"/></testsuites>`
	for name, test := range map[string]struct{ theirs, junit, agreement string }{
		"both found the same":      {`{"tests": {"tests": 3, "failures": 1}}`, ours, "same"},
		"the other found no error": {`{"tests": {"tests": 3, "failures": 0}}`, ours, "different"},
		"the other never came":     {"", ours, "not compared"},
		"this one got to no tests": {`{"tests": {"tests": 3}}`, "", "not compared"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			if test.theirs != "" {
				c.write("store/scientific-computing-ci/actions/c0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ff/summary.json", test.theirs, 0o644)
			}
			if test.junit != "" {
				c.write("source/reports/junit.xml", test.junit, 0o644)
			}
			failed, output := c.close("Succeeded", fine, "true")
			x := closing{state: "success", words: "Succeeded", chat: "/good"}
			if test.agreement == "different" {
				x = closing{state: "failure", words: "ended differently", chat: "/bad", mail: true, failed: "verdict"}
			}
			c.want(t, x, failed, output)
			if got := c.read("results/agreement"); got != test.agreement {
				t.Errorf("agreement is %q", got)
			}
			c.read("store/scientific-computing-ci/run-1/comparison/comparison.json")
		})
	}
}

// TestLinks: messages lead to a page that opens, and an upload needs no keys where the pod's identity does.
func TestLinks(t *testing.T) {
	const region = `region:   "eu-central-1"`
	c := newCluster(t)
	c.tasks = rendered(t, variant(t, region, region+"\nlinks: \"signed\"\ncredentials: \"ambient\"\n"))
	if failed, output := c.close("Succeeded", fine, "false"); failed != "" {
		t.Fatalf("step %s failed:\n%s", failed, output)
	}
	for _, made := range *c.forge {
		if made.body["target_url"] != "https://signed.example.com/scientific-computing-ci/run-1/reports/index.html" {
			t.Errorf("the commit leads to %v", made.body["target_url"])
		}
	}
	for _, step := range c.tasks["result-publishing"].Spec.Steps {
		for _, e := range step.Env {
			if strings.Contains(e.Name, "ACCESS_KEY") {
				t.Errorf("step %s is given %s", step.Name, e.Name)
			}
		}
	}
	c = newCluster(t)
	c.tasks = rendered(t, variant(t, region, region+"\nurl: \"https://reports.example.com\"\n"))
	c.close("Succeeded", fine, "false")
	if url := (*c.forge)[0].body["target_url"]; url != "https://reports.example.com/run-1/reports/index.html" {
		t.Errorf("the commit leads to %v", url)
	}
}
