package check_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"tenon.dev/tenon"
	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/platform"
	"tenon.dev/tenon/internal/policy"
)

func rules(t *testing.T) *policy.Set {
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

// TestRules runs the Rego tests over what the reference platform renders, as the rules see it.
func TestRules(t *testing.T) {
	set := rules(t)
	results, uncovered, err := set.Test(context.Background(), policy.Rendered(reference(t)[0].Targets[0].Objects))
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

// TestRuleDocs compares docs/rules.md with the METADATA. TENON_UPDATE=1 writes it.
func TestRuleDocs(t *testing.T) {
	const file = "../../docs/rules.md"
	want := rules(t).Markdown() + check.CatalogueMarkdown()
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
		t.Errorf("%s is not what the METADATA says: run TENON_UPDATE=1 go test ./internal/check", file)
	}
}
