package check_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"tenon.dev/tenon"
	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/platform"
	registry "tenon.dev/tenon/internal/rules"
)

const defects = "../../testdata/defects"

// TestDefects checks each manifest with one defect: testdata/defects/<rule>[~<case>].diff gives
// the manifest as it is wrong, by its lines that start with a space or a minus, and as it is
// right, by those that start with a space or a plus. The wrong one must give that rule, at the
// line marked "# want", or below one of "# want next", where one is, and no other warning or error; the right one must give none.
func TestDefects(t *testing.T) {
	facts, found, err := platform.ReadFacts(tenon.CUE, "facts.yaml", read(t, defects+"/facts.yaml"))
	if err != nil || len(found) > 0 {
		t.Fatal(err, found)
	}
	checker := check.New(rules(t))
	cases := defectFiles(t)
	if len(cases) < 100 {
		t.Fatalf("found only %d cases", len(cases))
	}
	for _, file := range cases {
		title := strings.TrimSuffix(strings.TrimPrefix(file, defects+"/"), ".diff")
		rule, _, _ := strings.Cut(title, "~") // a rule may have several cases
		t.Run(title, func(t *testing.T) {
			wrong, right := sides(t, file)
			wantFinding(t, checkText(t, checker, facts, wrong), rule, markedLine(wrong))
			for _, f := range checkText(t, checker, facts, right) {
				if f.Severity == finding.Info && f.Rule != rule {
					continue
				}
				t.Errorf("the corrected twin is not clean: %s %s: %s", f.Source, f.Rule, f.Message)
			}
		})
	}
}

func defectFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(defects + "/*/*.diff")
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// sides splits a case into the wrong and the right manifest.
func sides(t *testing.T, file string) (wrong, right string) {
	t.Helper()
	for i, line := range strings.Split(strings.TrimSuffix(string(read(t, file)), "\n"), "\n") {
		switch {
		case line == "":
			wrong, right = wrong+"\n", right+"\n"
		case line[0] == '-':
			wrong += line[1:] + "\n"
		case line[0] == '+':
			right += line[1:] + "\n"
		case line[0] == ' ':
			wrong, right = wrong+line[1:]+"\n", right+line[1:]+"\n"
		default:
			t.Fatalf("%s:%d: a line starts with a space, a minus or a plus", file, i+1)
		}
	}
	return wrong, right
}

func checkText(t *testing.T, checker *check.Checker, facts platform.Facts, text string) []finding.Finding {
	t.Helper()
	r, err := checker.Files(context.Background(), check.Manifests{Paths: []string{"-"}, Stdin: strings.NewReader(text), Facts: facts, Complete: true})
	if err != nil {
		t.Fatal(err)
	}
	return r.Findings
}

func wantFinding(t *testing.T, found []finding.Finding, rule string, line int) {
	t.Helper()
	seen := false
	for _, f := range found {
		switch {
		case f.Rule != rule && f.Severity == finding.Info:
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

func markedLine(text string) int {
	for i, line := range strings.Split(text, "\n") {
		switch {
		case strings.Contains(line, "# want next"):
			return i + 2
		case strings.Contains(line, "# want"):
			return i + 1
		}
	}
	return 0
}

// TestEveryRuleIsTested wants a defect or a script for every rule in Go.
func TestEveryRuleIsTested(t *testing.T) {
	var scripts strings.Builder
	walk(t, "../cli/testdata/script", ".txtar", func(file string) { scripts.Write(read(t, file)) })
	walk(t, "../cli", ".go", func(file string) { scripts.Write(read(t, file)) }) // the trials of attackers
	for _, r := range registry.Go().List() {
		_, err := os.Stat(filepath.Join(defects, r.ID+".diff"))
		if err != nil && !strings.Contains(scripts.String(), r.ID) && !slices.Contains(unreached, r.ID) {
			t.Errorf("no test makes %s fire: add testdata/defects/%s.diff, or a script", r.ID, r.ID)
		}
	}
}

// TestRows wants a case, or a reason why there is none, for each mistake that is known.
func TestRows(t *testing.T) {
	var table struct{ Design, Migration map[int]any }
	if err := yaml.UnmarshalStrict(read(t, defects+"/rows.yaml"), &table); err != nil {
		t.Fatal(err)
	}
	for number := 1; number <= 74; number++ {
		if table.Design[number] == nil {
			t.Errorf("no row for mistake %d of the design", number)
		}
	}
	if len(table.Migration) < 60 {
		t.Errorf("only %d rows of the migration", len(table.Migration))
	}
	for _, rows := range []map[int]any{table.Design, table.Migration} {
		for number, row := range rows {
			switch r := row.(type) {
			case string:
				if _, err := os.Stat(filepath.Join(defects, r+".diff")); err != nil {
					t.Errorf("row %d: %v", number, err)
				}
			case map[string]any:
				if reason, _ := r["not"].(string); len(r) != 1 || reason == "" {
					t.Errorf("row %d gives no reason", number)
				}
			default:
				t.Errorf("row %d names neither a case nor a reason", number)
			}
		}
	}
}

// unreached are ids for what upstream may say and no short manifest is known to make it say.
var unreached = []string{"types/forbidden"}

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
