package variants

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/cel-go/cel"
	"sigs.k8s.io/yaml"
)

// codeEvent is what Pipelines-as-Code gives to expressions (pkg/matcher/cel.go of v0.37.0), beside the parameters of the Repository.
type codeEvent struct {
	event, branch, source, target string
	files                         []string
}

// TestPipelinesAsCode evaluates the conditions of the runs as Pipelines-as-Code does, with the parameters that the Repository
// of each phase and environment has: which commits start a run, and where.
func TestPipelinesAsCode(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "p")
	tenonOnPath(t)
	tenon := func(args ...string) {
		t.Helper()
		if out, err := exec.Command("tenon", args...).CombinedOutput(); err != nil {
			t.Fatalf("tenon %v: %v\n%s", args, err, out)
		}
	}
	tenon("init", dir, "--name", "ci", "--environments", "pre-prod,live")
	write(t, filepath.Join(dir, "cue/platform/pac.cue"), `package platform

platform: {
	entry: "pipelines-as-code"
	triggers: ci: on: {push: {branches: ["main", "release/**"], paths: ["notebooks/**"]}, tag: tags: ["v*"], pull_request: branches: ["main"]}
}
`)
	tenon("-C", dir, "render")
	low, middle, high := "0"+strings.Repeat("a", 39), "7"+strings.Repeat("f", 39), strings.Repeat("f", 40)
	const us, fork = "https://github.com/example/notebooks", "https://github.com/somebody/notebooks"
	main := codeEvent{event: "push", branch: "main", source: us, target: us, files: []string{"notebooks/a/b.ipynb"}}
	with := func(change func(*codeEvent)) codeEvent { e := main; change(&e); return e }
	for _, c := range []struct {
		what, file, sha, in, phase string
		event                      codeEvent
		starts                     bool
	}{
		{"a push below a tenth", "push", low, "live", "phase1", main, true},
		{"one above it", "push", middle, "live", "phase1", main, false},
		{"one below the half", "push", middle, "live", "phase2", main, true},
		{"one above it", "push", high, "live", "phase2", main, false},
		{"the last of all", "push", high, "live", "phase3", main, true},
		{"another environment", "push", low, "pre-prod", "phase3", main, false},
		{"a release branch", "push", low, "live", "phase1", with(func(e *codeEvent) { e.branch = "release/1/x" }), true},
		{"another branch", "push", low, "live", "phase1", with(func(e *codeEvent) { e.branch = "mainly" }), false},
		{"another file", "push", low, "live", "phase1", with(func(e *codeEvent) { e.files = []string{"README.md"} }), false},
		{"a tag is no push", "push", low, "live", "phase3", with(func(e *codeEvent) { e.branch = "refs/tags/main" }), false},
		{"a tag", "tag", low, "live", "phase3", with(func(e *codeEvent) { e.branch = "refs/tags/v1.2" }), true},
		{"another tag", "tag", low, "live", "phase3", with(func(e *codeEvent) { e.branch = "refs/tags/test" }), false},
		{"a pull request", "pull-request", low, "live", "phase3", with(func(e *codeEvent) { e.event = "pull_request" }), true},
		{"a push is none", "pull-request", low, "live", "phase3", main, false},
		{"one of a fork", "pull-request", low, "live", "phase3", with(func(e *codeEvent) { e.event, e.source = "pull_request", fork }), false},
		{"one into another branch", "pull-request", low, "live", "phase3", with(func(e *codeEvent) { e.event, e.branch = "pull_request", "dev" }), false},
	} {
		t.Run(fmt.Sprintf("%s, %s", c.what, c.phase), func(t *testing.T) {
			parameters := repositoryParameters(t, dir, c.in, c.phase)
			run := readYAML(t, filepath.Join(dir, "overlays/live", c.phase, "tekton/live-ci-"+c.file+".yaml"))
			annotations, _ := run["metadata"].(map[string]any)["annotations"].(map[string]any)
			expression, _ := annotations["pipelinesascode.tekton.dev/on-cel-expression"].(string)
			if got := evaluates(t, strings.ReplaceAll(expression, "{{ revision }}", c.sha), c.event, parameters); got != c.starts {
				t.Errorf("it starts: %v, want %v\n%s", got, c.starts, expression)
			}
		})
	}
}

// repositoryParameters are those of the Repository that kustomize builds for a target.
func repositoryParameters(t *testing.T, dir, environment, phase string) map[string]string {
	t.Helper()
	out, err := exec.Command(filepath.Join(root, "bin/kustomize"), "build", filepath.Join(dir, "overlays", environment, phase)).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, document := range strings.Split(string(out), "\n---\n") {
		var repository struct {
			Kind string
			Spec struct {
				Params []struct{ Name, Value string }
			}
		}
		if err := yaml.Unmarshal([]byte(document), &repository); err != nil {
			t.Fatal(err)
		}
		if repository.Kind == "Repository" {
			parameters := map[string]string{}
			for _, p := range repository.Spec.Params {
				parameters[p.Name] = p.Value
			}
			return parameters
		}
	}
	t.Fatal("no Repository")
	return nil
}

func readYAML(t *testing.T, file string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var value map[string]any
	if err := yaml.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

func evaluates(t *testing.T, expression string, e codeEvent, parameters map[string]string) bool {
	t.Helper()
	values := map[string]any{
		"event": e.event, "target_branch": e.branch, "source_branch": e.branch, "source_url": e.source, "target_url": e.target,
		"body": map[string]any{}, "headers": map[string]any{}, "files": map[string]any{"all": e.files},
	}
	var variables []cel.EnvOption
	for name, value := range values {
		kind := cel.StringType
		if _, isText := value.(string); !isText {
			kind = cel.MapType(cel.StringType, cel.DynType)
		}
		variables = append(variables, cel.Variable(name, kind))
	}
	for name, value := range parameters {
		values[name] = value
		variables = append(variables, cel.Variable(name, cel.StringType))
	}
	env, err := cel.NewEnv(variables...)
	if err != nil {
		t.Fatal(err)
	}
	ast, issues := env.Compile(expression)
	if issues.Err() != nil {
		t.Fatal(issues.Err())
	}
	program, err := env.Program(ast)
	if err != nil {
		t.Fatal(err)
	}
	out, _, err := program.Eval(values)
	if err != nil {
		t.Fatal(err)
	}
	return out.Value() == true
}
