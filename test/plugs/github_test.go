package plugs_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// github is the part of GitHub's API that the Action uses.
type github struct {
	*httptest.Server
	comments []comment
	// readOnly refuses to write, as for the token of a fork's pull request.
	readOnly bool
	// release is the archive of v0.2.0; nil where there is none.
	release []byte
	writes  int
}

type comment struct {
	ID   int    `json:"id"`
	Body string `json:"body"`
	User struct {
		Login string `json:"login"`
	} `json:"user"`
}

func (g *github) add(author, body string) {
	c := comment{ID: len(g.comments) + 1, Body: body}
	c.User.Login = author
	g.comments = append(g.comments, c)
}

func startGitHub(t *testing.T) *github {
	t.Helper()
	g := &github{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /repos/example/platform/issues/7/comments", func(w http.ResponseWriter, r *http.Request) {
		var page int
		if _, err := fmt.Sscan(r.FormValue("page"), &page); err != nil || r.FormValue("per_page") != "100" {
			http.Error(w, "no page", http.StatusBadRequest)
			return
		}
		first := min((page-1)*100, len(g.comments))
		_ = json.NewEncoder(w).Encode(g.comments[first:min(page*100, len(g.comments))])
	})
	write := func(store func(r *http.Request, body string)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			var c comment
			switch {
			case g.readOnly || r.Header.Get("Authorization") != "Bearer token":
				http.Error(w, `{"message": "Resource not accessible by integration"}`, http.StatusForbidden)
			case json.NewDecoder(r.Body).Decode(&c) != nil || len(c.Body) == 0 || len(c.Body) > 65_536:
				http.Error(w, `{"message": "Validation Failed"}`, http.StatusUnprocessableEntity)
			default:
				g.writes++
				store(r, c.Body)
			}
		}
	}
	mux.HandleFunc("POST /repos/example/platform/issues/7/comments", write(func(_ *http.Request, body string) { g.add("github-actions[bot]", body) }))
	mux.HandleFunc("PATCH /repos/example/platform/issues/comments/{id}", write(func(r *http.Request, body string) {
		for i := range g.comments {
			if fmt.Sprint(g.comments[i].ID) == r.PathValue("id") {
				g.comments[i].Body = body
			}
		}
	}))
	g.Server = httptest.NewServer(mux)
	t.Cleanup(g.Close)
	mux.HandleFunc("GET /example/tenon/releases/download/v0.2.0/", func(w http.ResponseWriter, r *http.Request) {
		if g.release == nil {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(g.release)
	})
	return g
}

// action is action.yml, as far as a runner does more with it than GitHub.
type action struct {
	Inputs map[string]struct{ Default string }
	Runs   struct {
		Using string
		Steps []struct {
			ID, Name, Run, Shell, Uses, If string
			Env                            map[string]string
		}
	}
}

var expression = regexp.MustCompile(`\$\{\{ *([^}]*?) *\}\}`)

// runner runs the Action's own steps, with the values of a pull request event.
type runner struct {
	action  action
	temp    string
	values  map[string]string
	outputs string
}

func newRunner(t *testing.T, g *github, base string, inputs map[string]string) *runner {
	t.Helper()
	r := &runner{temp: t.TempDir()}
	read(t, "action.yml", &r.action)
	r.values = map[string]string{
		"github.action_path": root(t), "runner.temp": r.temp, "github.token": "token",
		"github.event.pull_request.number": "7", "github.server_url": g.URL, "github.action_repository": "example/tenon",
		"github.event.pull_request.base.sha || github.event.merge_group.base_sha || github.event.before": base,
	}
	for name, input := range r.action.Inputs {
		value := input.Default
		if given, ok := inputs[name]; ok {
			value = given
		}
		r.values["inputs."+name] = r.fill(t, value)
	}
	r.outputs = filepath.Join(r.temp, "output")
	r.values["server"] = g.URL
	return r
}

func (r *runner) fill(t *testing.T, text string) string {
	t.Helper()
	return expression.ReplaceAllStringFunc(text, func(e string) string {
		name := expression.FindStringSubmatch(e)[1]
		value, known := r.values[name]
		if !known {
			t.Errorf("action.yml uses %s, which the test does not know", name)
		}
		return value
	})
}

// compares fits a part of a condition as the Action has them.
var compares = regexp.MustCompile(`^([\w.]+) != '(\w*)'$`)

// holds tells whether a step's condition holds. Outputs are those of all steps before.
func (r *runner) holds(t *testing.T, condition string) bool {
	t.Helper()
	for _, part := range strings.Split(condition, " && ") {
		if part = strings.TrimSpace(part); part == "" || part == "always()" || strings.HasPrefix(part, "!cancelled") {
			continue
		}
		m := compares.FindStringSubmatch(part)
		if m == nil {
			t.Fatalf("action.yml has the condition %q, which the test does not know", part)
		}
		value, known := r.values[m[1]]
		if output, is := strings.CutPrefix(m[1], "steps.released.outputs."); is {
			text, _ := os.ReadFile(r.outputs)
			known = true
			if strings.Contains(string(text), output+"=true\n") {
				value = "true"
			}
		}
		if !known {
			t.Errorf("action.yml uses %s, which the test does not know", m[1])
		}
		if value == m[2] {
			return false
		}
	}
	return true
}

// run runs the steps up to the first that fails.
func (r *runner) run(t *testing.T, dir string) (string, int) {
	t.Helper()
	log := ""
	for _, step := range r.action.Runs.Steps {
		if step.Run == "" {
			continue // another action: Go is here already
		}
		if !r.holds(t, step.If) {
			continue
		}
		env := []string{
			"GITHUB_ACTION_PATH=" + root(t), "GITHUB_API_URL=" + r.values["server"], "GITHUB_REPOSITORY=example/platform",
			"GITHUB_OUTPUT=" + r.outputs, "GITHUB_STEP_SUMMARY=" + filepath.Join(r.temp, "summary"),
		}
		for name, value := range step.Env {
			if value = r.fill(t, value); name == "GOCACHE" || name == "GOMODCACHE" {
				if !strings.HasPrefix(value, r.temp) {
					t.Errorf("%s is %s, which other jobs may have written to", name, value)
				}
				continue // to compile all of it anew takes many minutes, and shows no more
			}
			env = append(env, name+"="+value)
		}
		out, code := bash(t, dir, step.Run, env...)
		log += out
		if code != 0 {
			return log, code
		}
	}
	return log, 0
}

// TestAction judges two pushes to one pull request: the comment is made once and then updated, also
// among many others and beside one that only looks like it.
func TestAction(t *testing.T) {
	repo := repository(t)
	base := run(t, repo, "git", "rev-parse", "main")
	g := startGitHub(t)
	for i := range 130 {
		g.add("somebody", fmt.Sprint("comment ", i))
	}
	g.add("somebody", "<!-- tenon gate of . -->\nnot ours")
	for _, c := range []struct {
		branch, verdict, icon, says string
		code                        int
	}{
		{"promotion", "passed", "✅", "::warning ", 0},
		{"wildcard-verb", "blocked", "⛔", "::error file=cue/platform/listener.cue,line=", 1},
	} {
		r := newRunner(t, g, base, nil)
		out, code := r.run(t, clone(t, repo, c.branch))
		if code != c.code {
			t.Fatalf("%s: exit %d, want %d\n%s", c.branch, code, c.code, out)
		}
		if c.code == 1 && !strings.Contains(out, c.says) {
			t.Errorf("%s: no annotation %s\n%s", c.branch, c.says, out)
		}
		outputs, _ := os.ReadFile(r.outputs)
		if !strings.Contains(string(outputs), "verdict="+c.verdict+"\n") {
			t.Errorf("%s: outputs %s", c.branch, outputs)
		}
		holds(t, r.temp, "summary", "tenon-reports/tenon.sarif", "tenon-reports/tenon.html")
		if len(g.comments) != 132 || g.comments[130].Body != "<!-- tenon gate of . -->\nnot ours" {
			t.Fatalf("%s: %d comments", c.branch, len(g.comments))
		}
		if body := g.comments[131].Body; !strings.Contains(body, c.icon) {
			t.Errorf("%s: the comment is\n%s", c.branch, body)
		}
	}
	if g.writes != 2 {
		t.Errorf("%d writes for two runs", g.writes)
	}
	testUnjudged(t, g, repo, base)
}

// testUnjudged lets the gate give up: what it said of an earlier commit must not stay.
func testUnjudged(t *testing.T, g *github, repo, base string) {
	r := newRunner(t, g, base, map[string]string{"arguments": "--time-limit 1ms"})
	out, code := r.run(t, clone(t, repo, "promotion"))
	if code != 3 || !strings.Contains(out, "::error title=tenon::") {
		t.Errorf("exit %d, want 3\n%s", code, out)
	}
	if body := g.comments[131].Body; len(g.comments) != 132 || !strings.Contains(body, "could not do its work") || strings.Contains(body, "⛔") {
		t.Errorf("the comment is\n%s", body)
	}
	if outputs, _ := os.ReadFile(r.outputs); strings.Contains(string(outputs), "verdict=") {
		t.Errorf("outputs %s", outputs)
	}
}

// TestActionOfFork has a token that may not comment: the verdict stands.
func TestActionOfFork(t *testing.T) {
	repo := repository(t)
	g := startGitHub(t)
	g.readOnly = true
	r := newRunner(t, g, run(t, repo, "git", "rev-parse", "main"), nil)
	out, code := r.run(t, clone(t, repo, "promotion"))
	if code != 0 || !strings.Contains(out, "::warning title=tenon::The comment could not be written") {
		t.Errorf("exit %d\n%s", code, out)
	}
}

// TestActionIsNotCommanded looks that no text of a pull request stands where the runner would read it as
// a command.
func TestActionIsNotCommanded(t *testing.T) {
	repo := repository(t)
	run(t, repo, "git", "checkout", "-q", "-f", "waiver")
	file := filepath.Join(repo, "cue/platform/waivers.cue")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	hostile := strings.Replace(string(data), "The listener will", `\n::add-path::/tmp/evil\n::set-env name=PATH::/tmp/evil\nThe listener will`, 1)
	if err := os.WriteFile(file, []byte(hostile), 0o666); err != nil {
		t.Fatal(err)
	}
	run(t, repo, "git", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qam", "hostile")
	g := startGitHub(t)
	r := newRunner(t, g, run(t, repo, "git", "rev-parse", "main"), map[string]string{"comment": "false", "fail-on": "warning"})
	out, code := r.run(t, clone(t, repo, "waiver"))
	if code != 1 || !strings.Contains(out, "add-path") {
		t.Fatalf("exit %d: the text is not quoted\n%s", code, out)
	}
	stopped := ""
	for _, line := range strings.Split(out, "\n") {
		if token, ok := strings.CutPrefix(line, "::stop-commands::"); ok && stopped == "" {
			stopped = "::" + token + "::"
			continue
		}
		if stopped != "" {
			if line == stopped {
				stopped = ""
			}
			continue
		}
		command, _, _ := strings.Cut(strings.TrimPrefix(line, "::"), " ")
		known := command == "error" || command == "warning" || command == "notice"
		if strings.HasPrefix(strings.TrimSpace(line), "::") && !known { // the runner skips blanks before a command
			t.Errorf("the runner is given a command: %s", line)
		}
	}
	if g.writes != 0 {
		t.Error("a comment, though none was wanted")
	}
}
