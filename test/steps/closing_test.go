package steps

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
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
		calls = append(calls, call{r.Method, r.URL.Path, r.Header.Get("Authorization"), body})
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	return server, &calls
}

// TestCommitStatus: who sets which context, and what a server that refuses means.
func TestCommitStatus(t *testing.T) {
	for name, test := range map[string]struct {
		outcome, parallel string
		answer            int
		state             string
		contexts          []string
		fails             bool
	}{
		"a run that begins":                     {"Pending", "false", 201, "pending", []string{"ci/tekton", "ci/notebooks"}, false},
		"a run that succeeded":                  {"Succeeded", "false", 201, "success", []string{"ci/tekton", "ci/notebooks"}, false},
		"some tasks were skipped":               {"Completed", "false", 201, "success", []string{"ci/tekton", "ci/notebooks"}, false},
		"a run that failed":                     {"Failed", "false", 201, "failure", []string{"ci/tekton", "ci/notebooks"}, false},
		"the former CI runs it too":             {"Failed", "true", 201, "failure", []string{"ci/tekton"}, false},
		"GitHub is away at the beginning":       {"Pending", "false", 500, "pending", []string{"ci/tekton", "ci/notebooks"}, false},
		"GitHub is away at the end: it retries": {"Failed", "false", 500, "failure", []string{"ci/tekton", "ci/notebooks"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			server, calls := recorder(t, test.answer)
			c := newCluster(t)
			c.secrets = map[string]string{"token": "t0ken\n"}
			c.override = map[string]string{"API": server.URL}
			failed, output := c.run("commit-status", map[string][]string{
				"revision": {"c0ffee"}, "outcome": {test.outcome}, "parallel": {test.parallel}, "run": {"run-1"},
			})
			if (failed != "") != test.fails {
				t.Fatalf("failed in %q: %s", failed, output)
			}
			var contexts []string
			for _, made := range *calls {
				contexts = append(contexts, made.body["context"].(string))
				if made.path != "/repos/example/single-cell-notebooks/statuses/c0ffee" || made.token != "Bearer t0ken" || made.body["state"] != test.state {
					t.Errorf("unexpected request %+v", made)
				}
			}
			if !slices.Equal(contexts, test.contexts) {
				t.Errorf("set %v, want %v", contexts, test.contexts)
			}
			if strings.Contains(c.log, "t0ken") {
				t.Error("the token is in the log")
			}
		})
	}
}

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
				c.write("store/scientific-computing-ci/actions/c0ffee/summary.json", test.theirs, 0o644)
			}
			if test.junit != "" {
				c.write("source/reports/junit.xml", test.junit, 0o644)
			}
			failed, output := c.run("compare-results", map[string][]string{"revision": {"c0ffee"}, "run": {"run-1"}})
			if (failed == "publish") != (test.agreement == "different") {
				t.Errorf("failed in %q: %s", failed, output)
			}
			if got := c.read("results/agreement"); got != test.agreement {
				t.Errorf("agreement is %q", got)
			}
			c.read("store/scientific-computing-ci/run-1/comparison/comparison.json")
		})
	}
}

func TestNotifications(t *testing.T) {
	server, calls := recorder(t, 200)
	for _, status := range []string{"Succeeded", "Failed"} {
		c := newCluster(t)
		c.secrets = map[string]string{"success-url": server.URL + "/good", "failure-url": server.URL + "/bad", "username": "ci", "password": "s3cret"}
		params := map[string][]string{"run": {"run-1"}, "revision": {"c0ffee"}, "status": {status}}
		c.must("notify-slack", params)
		c.must("notify-email", params)
		if status == "Failed" {
			mail := c.read("store/mail")
			for _, part := range []string{"smtp.example.com:587", "starttls", "login ci", "To: team@example.com,devops@example.com", "run-1: Failed"} {
				if !strings.Contains(mail, part) {
					t.Errorf("no %q in the mail:\n%s", part, mail)
				}
			}
		}
	}
	if len(*calls) != 2 || (*calls)[0].path != "/good" || (*calls)[1].path != "/bad" || !strings.Contains((*calls)[1].body["text"].(string), "Failed") {
		t.Errorf("Slack got %+v", *calls)
	}

	// A channel that is gone does not fail the run, and its address stays secret.
	gone, _ := recorder(t, 404)
	c := newCluster(t)
	for _, url := range []string{gone.URL + "/T0/B0/hidden", "hooks.example.com/hidden", "https://example.com/hid den\n"} {
		c.secrets = map[string]string{"failure-url": url}
		c.must("notify-slack", map[string][]string{"run": {"run-1"}, "revision": {"c0ffee"}, "status": {"Failed"}})
	}
	if !strings.Contains(c.log, "Slack did not take") || strings.Contains(c.log, "hidden") {
		t.Errorf("logged: %s", c.log)
	}
}
