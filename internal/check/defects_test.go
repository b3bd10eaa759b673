package check_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tenon.dev/tenon"
	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/platform"
)

const defects = "../../testdata/defects"

// TestDefects checks each manifest with one defect: testdata/defects/<rule>[~<case>]/bad.yaml must give
// that rule, at the line marked "# want" where one is, and nothing else that the corrected twin
// good.yaml does not give. The twin must not give the rule.
func TestDefects(t *testing.T) {
	facts, found, err := platform.ReadFacts(tenon.CUE, "facts.yaml", read(t, defects+"/facts.yaml"))
	if err != nil || len(found) > 0 {
		t.Fatal(err, found)
	}
	checker := check.New(rules(t))
	cases, err := filepath.Glob(defects + "/*/*/bad.yaml")
	if err != nil || len(cases) < 30 {
		t.Fatalf("found %d cases: %v", len(cases), err)
	}
	for _, bad := range cases {
		dir := filepath.Dir(bad)
		title, _ := filepath.Rel(defects, dir)
		rule, _, _ := strings.Cut(title, "~") // a rule may have several cases
		t.Run(title, func(t *testing.T) {
			r, err := checker.Files(context.Background(), []string{bad}, nil, facts, true)
			if err != nil {
				t.Fatal(err)
			}
			twin, err := checker.Files(context.Background(), []string{filepath.Join(dir, "good.yaml")}, nil, facts, true)
			if err != nil {
				t.Fatal(err)
			}
			wantFinding(t, r.Findings, rule, markedLine(t, bad))
			for _, f := range twin.Findings {
				t.Errorf("the corrected twin is not clean: %s %s: %s", f.Source, f.Rule, f.Message)
			}
		})
	}
}

func wantFinding(t *testing.T, found []finding.Finding, rule string, line int) {
	t.Helper()
	seen := false
	for _, f := range found {
		switch {
		case f.Rule != rule:
			t.Errorf("one defect, and a finding of another rule: %s %s: %s", f.Source, f.Rule, f.Message)
		case f.Source == nil || line != 0 && f.Source.Line != line:
			t.Errorf("found at %s, want line %d: %s", f.Source, line, f.Message)
		default:
			seen = true
		}
	}
	if !seen {
		t.Errorf("%s was not found at line %d", rule, line)
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func markedLine(t *testing.T, file string) int {
	t.Helper()
	for i, line := range strings.Split(string(read(t, file)), "\n") {
		if strings.Contains(line, "# want") {
			return i + 1
		}
	}
	return 0
}

var ruleID = regexp.MustCompile(`"((?:graph|types|image|input|schema|waiver)/[a-z]+(?:-[a-z]+)*)"`)

// TestEveryRuleIsTested finds every rule id in the code and wants a defect or a script for it.
func TestEveryRuleIsTested(t *testing.T) {
	var scripts strings.Builder
	walk(t, "../cli/testdata/script", ".txtar", func(file string) { scripts.Write(read(t, file)) })
	ids := map[string]bool{}
	walk(t, "..", ".go", func(file string) {
		if strings.HasSuffix(file, "_test.go") {
			return
		}
		for _, m := range ruleID.FindAllStringSubmatch(string(read(t, file)), -1) {
			ids[m[1]] = true
		}
	})
	if len(ids) < 40 {
		t.Fatalf("found only %d rule ids in the code", len(ids))
	}
	for id := range ids {
		_, err := os.Stat(filepath.Join(defects, id, "bad.yaml"))
		if err != nil && !strings.Contains(scripts.String(), id) && !slices.Contains(unreached, id) {
			t.Errorf("no test makes %s fire: add testdata/defects/%s/bad.yaml and good.yaml, or a script", id, id)
		}
	}
}

// unreached are ids for what upstream may say and no short manifest is known to make it say.
var unreached = []string{"types/duplicate-field"}

func walk(t *testing.T, root, extension string, visit func(string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && filepath.Ext(file) == extension {
			visit(file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
