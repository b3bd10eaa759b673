// Package forges proves that a listener takes the events of each forge that the platform states, and starts the run of the
// right commit: payloads that forges sent, as github.com/go-playground/webhooks recorded them, go through Triggers' own CEL
// interceptor, bindings and template.
package forges

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "github.com/go-playground/webhooks/v6/gitlab" // whose module holds the payloads
	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	triggersv1beta1 "github.com/tektoncd/triggers/pkg/apis/triggers/v1beta1"
	"github.com/tektoncd/triggers/pkg/interceptors/cel"
	"github.com/tektoncd/triggers/pkg/template"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/cli"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/platform"
)

// event is a recorded payload, and what has to become of it.
type event struct {
	// file below testdata of the module, and name in the forge's header.
	file, name string
	// edit makes of it what the platform states; old and new texts in turns.
	edit []string
	// want is the run's revision, repository and ref; nil where no run starts.
	want []string
}

const nobody = "0000000000000000000000000000000000000000"

var forges = map[string]struct {
	on     string
	events []event
}{
	"github": {
		on: `push: {branches: ["main", "release/*"], paths: ["app/**", "*.md"]}, pull_request: branches: ["master"], comment: {}, release: tags: ["0.0.*"], workflow_dispatch: revision: "body.ref"`,
		events: []event{
			{"github/push.json", "push", []string{`"refs/heads/master"`, `"refs/heads/release/1"`}, []string{"fd489864e7642b48eaad6e3f155c10e46810ec72", "*", "refs/heads/release/1"}},
			{"github/push.json", "push", []string{`"refs/heads/master"`, `"refs/heads/release/1/x"`}, nil},
			{"github/push.json", "push", []string{`"refs/heads/master"`, `"refs/heads/main"`, "app/controllers", "docs"}, nil},
			{"github/push.json", "push", []string{`"refs/heads/master"`, `"refs/heads/main"`, `"deleted": false`, `"deleted": true`}, nil},
			{"github/pull-request.json", "pull_request", nil, []string{"0d1a26e67d8f5eaf1f6ba5c57fc3c7d91ac0fd1c", "https://github.com/baxterthehacker/public-repo.git", "pull/1"}},
			{"github/pull-request.json", "pull_request", []string{`"ref": "master"`, `"ref": "other"`}, nil},
			{"github/pull-request.json", "pull_request", []string{`"action": "opened"`, `"action": "labeled"`}, nil},
			{"github/pull-request-issue-comment.json", "issue_comment", []string{`"body": "/build"`, `"body": "/retest please"`}, []string{"refs/pull/3/head", "*", "pull/3"}},
			{"github/pull-request-issue-comment.json", "issue_comment", nil, nil},
			{"github/pull-request-issue-comment.json", "issue_comment", []string{`"body": "/build"`, `"body": "/retest"`, `"OWNER"`, `"CONTRIBUTOR"`}, nil},
			{"github/issue-comment.json", "issue_comment", nil, nil},
			{"github/release.json", "release", nil, []string{"refs/tags/0.0.1", "https://github.com/baxterthehacker/public-repo.git", "0.0.1"}},
			{"github/release.json", "release", []string{`"tag_name": "0.0.1"`, `"tag_name": "0x0.1"`}, nil},
			{"github/workflow_dispatch.json", "workflow_dispatch", nil, []string{"started", "https://github.com/baxterthehacker/public-repo.git", "workflow_dispatch"}},
			{"github/status.json", "status", nil, nil},
		},
	},
	"gitlab": {
		on: `push: {branches: ["master"], paths: ["app/**"]}, pull_request: branches: ["master"], tag: tags: ["v*"], comment: users: ["root"], release: {}`,
		events: []event{
			{"gitlab/push-event.json", "Push Hook", nil, []string{"da1560886d4f094c3e6c9ef40349f7d38b5d27d7", "http://example.com/mike/diaspora.git", "refs/heads/master"}},
			{"gitlab/push-event.json", "Push Hook", []string{"app/controller/application.rb", "lib/a.rb"}, nil},
			{"gitlab/push-event.json", "Push Hook", []string{`"after": "da1560886d4f094c3e6c9ef40349f7d38b5d27d7"`, `"after": "` + nobody + `"`}, nil},
			{"gitlab/tag-event.json", "Tag Push Hook", nil, []string{"82b3d5ae55f7080f1e6022629cdb57bfae7cccc7", "http://example.com/jsmith/example.git", "refs/tags/v1.0.0"}},
			{"gitlab/merge-request-event.json", "Merge Request Hook", nil, []string{"da1560886d4f094c3e6c9ef40349f7d38b5d27d7", "http://example.com/gitlabhq/gitlab-test.git", "merge-requests/1"}},
			{"gitlab/merge-request-event.json", "Merge Request Hook", []string{`"source_project_id": 14`, `"source_project_id": 15`}, nil},
			{"gitlab/merge-request-event.json", "Merge Request Hook", []string{`"action": "open"`, `"action": "update"`}, nil},
			{"gitlab/comment-merge-request-event.json", "Note Hook", []string{"This MR needs work.", "/retest"}, []string{"562e173be03b8ff2efb05345d12df18815438a4b", "*", "merge-requests/1"}},
			{"gitlab/comment-merge-request-event.json", "Note Hook", []string{"This MR needs work.", "/retest", `"username": "root"`, `"username": "mallory"`}, nil},
			{"gitlab/comment-issue-event.json", "Note Hook", nil, nil},
			{"gitlab/release-event.json", "Release Hook", nil, []string{"ee0a3fb31ac16e11b9dbb596ad16d4af654d08f8", "*", "v1.1"}},
		},
	},
	"gitea": {
		on: `push: branches: ["master"], tag: {}, pull_request: branches: ["master"], release: {}, comment: users: ["example"]`,
		events: []event{
			{"gitea/push-event.json", "push", nil, []string{"67b56589a45103f891bdee7c0546e5d40bc02001", "http://localhost:3000/example/example.git", "refs/heads/master"}},
			{"gitea/create-event.json", "create", []string{`"ref_type": "branch"`, `"ref_type": "tag"`, `"ref": "master"`, `"ref": "v1"`}, []string{"67b56589a45103f891bdee7c0546e5d40bc02001", "*", "v1"}},
			{"gitea/create-event.json", "create", nil, nil},
			{"gitea/pull-request-event.json", "pull_request", nil, nil}, // of a fork
			{"gitea/pull-request-event.json", "pull_request", []string{`"full_name": "example2/example"`, `"full_name": "example/example"`}, []string{"*", "*", "pull/2"}},
			{"gitea/release-event.json", "release", nil, []string{"refs/tags/example", "*", "example"}},
			{"gitea/issue-comment-event.json", "issue_comment", nil, nil},
			{"gitea/issue-comment-event.json", "issue_comment", []string{`"is_pull": false`, `"is_pull": true`, `"body": "example"`, `"body": "/retest"`}, []string{"*", "*", "*"}},
		},
	},
	"bitbucket": {
		on: `push: branches: ["name-of-branch"], pull_request: branches: ["master"], comment: users: ["udfy9suggmzpswxc7n200y3c"]`,
		events: []event{
			{"bitbucket/repo-push.json", "repo:push", nil, []string{"709d658dc5b6d6afcd46049c2f332ee3f515a67d", "https://api.bitbucket.org/bitbucket/bitbucket", "refs/heads/name-of-branch"}},
			{"bitbucket/repo-push.json", "repo:push", []string{`"type":"branch"`, `"type":"tag"`}, nil},
			{"bitbucket/pull-request-created.json", "pullrequest:created", nil, []string{"refs/heads/branch2", "*", "pull/1"}},
			{"bitbucket/pull-request-comment-created.json", "pullrequest:comment_created", nil, nil},
			{"bitbucket/pull-request-comment-created.json", "pullrequest:comment_created", []string{`"Comment text"`, `"/retest"`}, []string{"refs/heads/branch2", "*", "pull/1"}},
		},
	},
	"bitbucket-server": {
		on: `push: branches: ["master"], tag: {}, pull_request: branches: ["master"], comment: users: ["gopher"]`,
		events: []event{
			{"bitbucket-server/repo-refs-changed.json", "repo:refs_changed", nil, nil}, // it deletes a branch
			{"bitbucket-server/repo-refs-changed.json", "repo:refs_changed", []string{`"DELETE"`, `"UPDATE"`, "feature/wip", "master", nobody, "67b56589a45103f891bdee7c0546e5d40bc02001"}, []string{"67b56589a45103f891bdee7c0546e5d40bc02001", "https://git.example.com/scm/a/b.git", "refs/heads/master"}},
			{"bitbucket-server/pr-opened.json", "pr:opened", nil, []string{"*", "https://git.example.com/scm/a/b.git", "*"}},
			{"bitbucket-server/pr-comment-added.json", "pr:comment:added", nil, nil},
			{"bitbucket-server/pr-comment-added.json", "pr:comment:added", []string{`"text": "test"`, `"text": "/retest"`}, []string{"*", "https://git.example.com/scm/a/b.git", "*"}},
		},
	},
}

func TestForges(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/go-playground/webhooks/v6").Output()
	if err != nil {
		t.Fatal(err)
	}
	payloads := filepath.Join(strings.TrimSpace(string(out)), "testdata")
	for _, forge := range slices.Sorted(maps.Keys(forges)) {
		t.Run(forge, func(t *testing.T) {
			l := listenerOf(t, forge, forges[forge].on)
			for _, e := range forges[forge].events {
				t.Run(strings.Join(append([]string{e.file}, e.edit...), " "), func(t *testing.T) {
					body, err := os.ReadFile(filepath.Join(payloads, e.file))
					if err != nil {
						t.Fatal(err)
					}
					for i := 0; i < len(e.edit); i += 2 {
						if !bytes.Contains(body, []byte(e.edit[i])) {
							t.Fatalf("the payload does not hold %s", e.edit[i])
						}
						body = bytes.ReplaceAll(body, []byte(e.edit[i]), []byte(e.edit[i+1]))
					}
					got := l.run(t, e.name, body)
					if len(got) != len(e.want) || !slices.EqualFunc(got, e.want, func(a, b string) bool { return a == b || b == "*" }) {
						t.Errorf("starts %q, want %q", got, e.want)
					}
				})
			}
		})
	}
}

// listener is one with what it leads to.
type listener struct {
	triggers []triggersv1beta1.EventListenerTrigger
	bindings map[string]triggersv1beta1.TriggerBinding
	template triggersv1beta1.TriggerTemplate
}

// listenerOf renders a platform of a forge whose trigger takes events.
func listenerOf(t *testing.T, forge, on string) listener {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "p")
	var said bytes.Buffer
	if code := cli.Main([]string{"init", dir}, nil, &said, &said); code != 0 {
		t.Fatal(said.String())
	}
	more := "package platform\nplatform: {forge: \"" + forge + "\", triggers: \"p\": {repository: \"https://git.example.com/scm/a/b.git\", on: {" + on + "}}}\n"
	if err := os.WriteFile(filepath.Join(dir, "cue/platform/more.cue"), []byte(more), 0o666); err != nil {
		t.Fatal(err)
	}
	environments, found, err := check.Load(platform.Folder{FS: os.DirFS(dir), Dir: "cue/platform"})
	if err != nil || len(found) > 0 {
		t.Fatal(err, found)
	}
	l := listener{bindings: map[string]triggersv1beta1.TriggerBinding{}}
	last := environments[0].Targets[len(environments[0].Targets)-1] // all commits
	for _, o := range last.Objects {
		switch o.Kind {
		case "EventListener":
			l.triggers = as[triggersv1beta1.EventListener](t, o).Spec.Triggers
		case "TriggerBinding":
			l.bindings[o.Name] = as[triggersv1beta1.TriggerBinding](t, o)
		case "TriggerTemplate":
			l.template = as[triggersv1beta1.TriggerTemplate](t, o)
		}
	}
	return l
}

func as[T any](t *testing.T, o manifest.Object) (decoded T) {
	t.Helper()
	text, err := json.Marshal(o.Value)
	if err == nil {
		err = json.Unmarshal(text, &decoded)
	}
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}

// run is the revision, repository and ref of the run that an event starts; nil where it starts none.
func (l listener) run(t *testing.T, name string, body []byte) []string {
	t.Helper()
	var started []string
	for _, trigger := range l.triggers {
		params := map[string]json.RawMessage{}
		for _, i := range trigger.Interceptors {
			for _, p := range i.Params {
				params[p.Name] = p.Value.Raw
			}
		}
		var types []string
		var filter string
		if json.Unmarshal(params["eventTypes"], &types) != nil || json.Unmarshal(params["filter"], &filter) != nil {
			t.Fatal("no types of events, or no filter")
		}
		if !slices.Contains(types, name) || !takes(t, filter, body) {
			continue
		}
		if started != nil {
			t.Error("one event starts two runs")
		}
		started = l.start(t, trigger, body)
	}
	return started
}

// takes asks Triggers' interceptor. What the one of GitHub adds of changed files is that of the payload's commits.
func takes(t *testing.T, filter string, body []byte) bool {
	t.Helper()
	var event struct {
		Commits []struct{ Added, Modified, Removed []string }
	}
	_ = json.Unmarshal(body, &event) // of other events it is something else
	var changed []string
	for _, c := range event.Commits {
		changed = slices.Concat(changed, c.Added, c.Modified, c.Removed)
	}
	answer := cel.NewInterceptor(nil).Process(context.Background(), &triggersv1beta1.InterceptorRequest{
		Body: string(body), Header: http.Header{"Content-Type": {"application/json"}}, InterceptorParams: map[string]any{"filter": filter},
		Extensions: map[string]any{"changed_files": strings.Join(changed, ",")},
		Context:    &triggersv1beta1.TriggerContext{EventURL: "http://el", EventID: "1", TriggerID: "namespaces/ci/triggers/push"},
	})
	if !answer.Continue && answer.Status.Message != "" && !strings.Contains(answer.Status.Message, "did not return true") {
		t.Errorf("the filter failed: %s\n%s", answer.Status.Message, filter)
	}
	return answer.Continue
}

// start creates what the template makes of an event.
func (l listener) start(t *testing.T, trigger triggersv1beta1.EventListenerTrigger, body []byte) []string {
	t.Helper()
	resolved := template.ResolvedTrigger{TriggerTemplate: &l.template, BindingParams: l.bindings[trigger.Bindings[0].Ref].Spec.Params}
	params, err := template.ResolveParams(resolved, body, nil, nil, template.NewTriggerContext("1"))
	if err != nil {
		t.Errorf("the binding does not fit the event: %v", err)
		return nil
	}
	var run pipelinev1.PipelineRun
	if err := json.Unmarshal(template.ResolveResources(&l.template, params)[0], &run); err != nil {
		t.Fatal(err)
	}
	notes := run.Annotations
	return []string{notes["tenon.dev/commit"], notes["tenon.dev/repository"], notes["tenon.dev/ref"]}
}
