package check_test

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"tenon.dev/tenon/internal/check"
)

// row says where one heading or mistake of the source design has its right form.
type row struct {
	ID               any
	Title            string
	CUE              []string
	Objects, Proof   []string
	Note, Unverified string
}

const coverageDocument = "../../docs/source-coverage.md"

// TestSourceCoverage looks that everything that the table names exists, and that the document
// is what the table says. TENON_UPDATE=1 rewrites the document.
func TestSourceCoverage(t *testing.T) {
	var table struct{ Sections, Defects []row }
	if err := yaml.UnmarshalStrict(read(t, "../../testdata/coverage.yaml"), &table); err != nil {
		t.Fatal(err)
	}
	headings := map[string]bool{}
	for _, r := range table.Sections {
		headings[fmt.Sprint(r.ID)] = true
	}
	for number := 1; number <= 10; number++ {
		if !headings[fmt.Sprint(number)] {
			t.Errorf("no row for heading %d", number)
		}
	}
	if len(table.Defects) != 74 {
		t.Errorf("%d defects, want 74", len(table.Defects))
	}
	for i, r := range table.Defects {
		if fmt.Sprint(r.ID) != fmt.Sprint(i+1) {
			t.Errorf("row %d is of defect %v", i+1, r.ID)
		}
	}
	known := evidence(t)
	for _, r := range append(table.Sections, table.Defects...) {
		if r.Title == "" || len(r.CUE) == 0 || len(r.Objects) == 0 || len(r.Proof) == 0 {
			t.Errorf("row %v is not complete", r.ID)
		}
		for _, name := range r.CUE {
			if _, err := os.Stat(path.Join("../../cue", name)); err != nil {
				t.Errorf("row %v: %v", r.ID, err)
			}
		}
		for _, name := range append(r.Objects, r.Proof...) {
			if !known[name] {
				t.Errorf("row %v: there is no %s", r.ID, name)
			}
		}
	}
	text := document(table.Sections, table.Defects)
	if os.Getenv("TENON_UPDATE") != "" {
		if err := os.WriteFile(coverageDocument, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if string(read(t, coverageDocument)) != text {
		t.Errorf("%s is not what testdata/coverage.yaml says: run TENON_UPDATE=1 go test ./internal/check", coverageDocument)
	}
}

// evidence is every rendered object and file, every test, script and rule, by name.
func evidence(t *testing.T) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	environments := reference(t)
	for _, e := range environments {
		for _, target := range e.Targets {
			for _, o := range target.Objects {
				known[o.Ref().String()] = true
			}
			for name := range target.Files {
				known["file/"+name] = true
			}
		}
	}
	shared, _ := check.ArgoCD(environments)
	for _, o := range shared.Objects {
		known["argocd/"+o.Ref().String()] = true
	}
	for _, r := range rules(t).Rules {
		known[r.ID] = true
	}
	test := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	rule := regexp.MustCompile(`"((?:graph|types|image|input|schema)/[a-z-]+)"`)
	err := filepath.WalkDir("../..", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() && entry.Name() == "node_modules" {
			return filepath.SkipDir
		}
		known[entry.Name()] = known[entry.Name()] || strings.HasSuffix(name, ".txtar")
		if filepath.Ext(name) != ".go" {
			return nil
		}
		data, err := os.ReadFile(name)
		for _, m := range append(test.FindAllSubmatch(data, -1), rule.FindAllSubmatch(data, -1)...) {
			known[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return known
}

func document(sections, defects []row) string {
	var b strings.Builder
	b.WriteString("<!-- Generated of testdata/coverage.yaml by a test. Change that file, not this one. -->\n")
	b.WriteString("# Where the source design has its right form\n\n")
	b.WriteString("The platform follows a design document for GPU notebook CI that was written by hand. Each of its\n")
	b.WriteString("headings and each known mistake in it stands here with the CUE that says it right, an object that\n")
	b.WriteString("is rendered, and the test, script or rule that proves it. A test looks that all of these exist.\n\n")
	table := func(title string, rows []row) {
		fmt.Fprintf(&b, "## %s\n\n| # | what | CUE | renders | proven by | remarks |\n|---|---|---|---|---|---|\n", title)
		for _, r := range rows {
			remark := r.Note
			if r.Unverified != "" {
				remark = strings.TrimSpace(remark + " **unverified:** " + r.Unverified)
			}
			fmt.Fprintf(&b, "| %v | %s | %s | %s | %s | %s |\n", r.ID, r.Title, code(r.CUE), code(r.Objects), code(r.Proof), remark)
		}
		b.WriteString("\n")
	}
	table("Headings", sections)
	table("Mistakes", defects)
	return strings.TrimSuffix(b.String(), "\n")
}

func code(names []string) string { return "`" + strings.Join(names, "`, `") + "`" }
