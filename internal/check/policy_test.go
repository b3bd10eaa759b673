package check_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"

	"tenon.dev/tenon"
	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/gate"
	"tenon.dev/tenon/internal/platform"
	"tenon.dev/tenon/internal/policy"
	"tenon.dev/tenon/internal/revision"
	registry "tenon.dev/tenon/internal/rules"
)

func rules(t testing.TB) *policy.Set {
	t.Helper()
	set, err := policy.Load(context.Background(), policy.Source{Name: "tenon", FS: tenon.Policies})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func reference(t *testing.T) []check.Environment {
	t.Helper()
	environments, found, err := check.Load(platform.Folder{FS: os.DirFS("../.."), Dir: "cue/platform"})
	if err != nil || len(found) > 0 {
		t.Fatal(err, found)
	}
	return environments
}

// TestRuleFiles: the id of a rule follows from its file, by which rules are known that are not read.
func TestRuleFiles(t *testing.T) {
	few, err := policy.Load(context.Background(), policy.Source{Name: "tenon", FS: tenon.Policies, ObjectsOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	all := rules(t)
	for _, r := range all.Rules {
		if id := strings.NewReplacer("_", "-", ".rego", "").Replace(strings.TrimPrefix(r.File, "tenon/policies/")); id != r.ID {
			t.Errorf("%s holds %s", r.File, r.ID)
		}
		if !few.Has(r.ID) {
			t.Errorf("%s is not known without being read", r.ID)
		}
	}
	if few.Has("gpu/one-step-test") || few.Has("change/nothing") || len(few.Rules) == 0 || len(few.Rules) >= len(all.Rules) {
		t.Errorf("%d of %d rules are read", len(few.Rules), len(all.Rules))
	}
}

// TestRules runs the Rego tests over what the reference platform renders, as the rules see it.
func TestRules(t *testing.T) {
	set := rules(t)
	results, uncovered, err := set.Test(context.Background(), policy.Rendered(reference(t)[0].Targets[0].Objects), change(t, set))
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range uncovered {
		t.Errorf("%s:%d is evaluated by no test", u.File, u.Line)
	}
	fires, silent := map[string]bool{}, map[string]bool{}
	for _, r := range results {
		if !r.Passed {
			t.Errorf("%s failed: %v", r.Name, r.Error)
		}
		pkg := r.Name[:strings.LastIndex(r.Name, "_test.")]
		switch {
		case strings.Contains(r.Name, "_test.test_fires"):
			fires[pkg] = true
		case strings.Contains(r.Name, "_test.test_silent"):
			silent[pkg] = true
		}
	}
	for _, r := range set.Rules {
		pkg := strings.TrimPrefix(r.Package(), "data.")
		if !fires[pkg] || !silent[pkg] {
			t.Errorf("%s needs a test_fires... and a test_silent... in package %s_test", r.ID, pkg)
		}
		category, name, _ := strings.Cut(r.ID, "/")
		if want := "tenon/policies/" + category + "/" + strings.ReplaceAll(name, "-", "_") + ".rego"; r.File != want {
			t.Errorf("rule %s is in %s, want %s", r.ID, r.File, want)
		}
	}
}

// change is what the rules about changes see of the reference platform with many edits.
func change(t *testing.T, set *policy.Set) map[string]any {
	t.Helper()
	edits := map[string][]string{
		"cue/platform/platform.cue": {
			`gpu-ci-prod", phase: "phase1"`, `gpu-ci-prod", phase: "phase2"`,
			`gpu-ci-staging", phase: "phase2"`, `gpu-ci-staging", phase: "phase1"`,
			`gpu-ci-dev", phase: "phase3"`, `gpu-ci-dev", phase: "phase1"`,
			"phase1: trafficPercent: 10", "phase1: trafficPercent: 20",
			`git: ["140.82.112.0/20"]`, `git: ["141.82.112.0/20"]`,
			`shared: "gpu-results-storage"`, `shared: "gpu-results"`,
		},
		"cue/platform/prod/prod.cue": {
			"nodes: max: 4", "nodes: max: 6",
			"phase3: concurrentRuns: 4", "phase3: concurrentRuns: 8",
			"NVIDIA-A100-SXM4-80GB", "NVIDIA-H100-80GB-HBM3",
		},
		"cue/platform/images.lock.cue": {`git: {tag: "2.52.0", digest: "sha256:0d3699`, `git: {tag: "2.52.0", digest: "sha256:1e4700`},
		"cue/platform/facts.cue": {
			`"registry-push": {`, `mirror: {namespace: "tekton-gpu-pipelines", keys: ["config.json"]}
		"registry-push": {`,
		},
		"cue/platform/secrets.cue": {`path: "gpu-ci/smtp"`, `path: "gpu-ci/root-password"`},
		"cue/render/namespace.cue": {"package render", "package render\n\n// Namespaces come first."},
	}
	tree := fstest.MapFS{"cue/platform/more.cue": {Data: []byte(edited + locked)}}
	base := fstest.MapFS{"cue/platform/review.cue": {Data: []byte(reviewed)}}
	root := os.DirFS("../..")
	err := fs.WalkDir(root, "cue", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(root, name)
		text := string(data)
		base[name] = &fstest.MapFile{Data: data}
		for pair := range slices.Chunk(edits[name], 2) {
			if !strings.Contains(text, pair[0]) {
				t.Errorf("%s does not hold %s", name, pair[0])
			}
			text = strings.ReplaceAll(text, pair[0], pair[1])
		}
		tree[name] = &fstest.MapFile{Data: []byte(text)}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	page, err := gate.Run(context.Background(), gate.Input{
		Base:  revision.Revision{Name: "base", FS: base, Repository: workflows("tenon gate"), Prefix: "."},
		Head:  revision.Revision{Name: "head", FS: tree, Repository: workflows("true"), Prefix: "."},
		Rules: set, Now: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC),
	})
	if err != nil {
		t.Fatal(err)
	}
	for list, items := range page.Meaning {
		if len(items.([]any)) == 0 {
			t.Errorf("nothing in input.change.%s: %v", list, page.Notes)
		}
	}
	if file := os.Getenv("TENON_CHANGE"); file != "" {
		text, _ := json.MarshalIndent(page.Meaning, "", " ")
		os.WriteFile(file, text, 0o666)
	}
	return page.Meaning
}

// workflows is a repository with one workflow, by what it runs, and a file that nothing runs.
type workflows string

func (w workflows) Text(string) (string, bool, error) { return string(w), true, nil }

func (w workflows) Entries() (map[string]revision.Entry, error) {
	entry := revision.Entry{Mode: filemode.Regular, Hash: plumbing.ComputeHash(plumbing.BlobObject, []byte(w))}
	return map[string]revision.Entry{".github/workflows/review.yaml": entry, "a.py": entry}, nil
}

// reviewed is what the head takes away: the review on the cluster.
const (
	reviewed = "package platform\n" + locked + `platform: reviews: {repository: "https://github.com/example/platform", pool: "cpu"}` + "\n"
	locked   = `platform: lock: tenon: {tag: "v0.1.0", digest: "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}` + "\n"
)

const edited = `package platform

platform: {
	access: clusterRoles: "trigger-reader": rules: [{
		apiGroups: ["triggers.tekton.dev"]
		resources: ["clusterinterceptors"]
		verbs: ["*"]
	}, {
		apiGroups: [""]
		resources: ["secrets"]
		verbs: ["get", "list"]
	}]
	rules: "rbac/cluster-wide-secrets": {severity: "off", reason: "It is in the way."}
	namespace: podSecurity: "baseline"
	waivers: scanner: {
		rule:    "rbac/cluster-wide-secrets"
		object:  "ClusterRole/scientific-computing-trigger-reader"
		reason:  "The listener reads secrets of all namespaces."
		owner:   "security"
		expires: "2027-01-31"
	}
	teams: imaging: {
		group: "imaging"
		gpus: "nvidia.com/gpu": 1
		egress: ["140.82.112.0/20"]
	}
}
`

// TestRuleDocs compares docs/rules.md with the registry. TENON_UPDATE=1 writes it.
func TestRuleDocs(t *testing.T) {
	const file = "../../docs/rules.md"
	want := registry.With(rules(t).Stated()).Document()
	if os.Getenv("TENON_UPDATE") != "" {
		if err := os.WriteFile(file, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != want {
		t.Errorf("%s is not what the rules say: run TENON_UPDATE=1 go test ./internal/check", file)
	}
}
