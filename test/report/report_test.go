// Package report_test reads tenon's reports as their readers do: a browser, and the schemas of the
// tools that take them.
package report_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tenon.dev/tenon/internal/cli"
)

// write builds the repository of testdata/changes and judges a branch with many findings; it returns
// the names of the reports by their format.
func write(t *testing.T) map[string]string {
	t.Helper()
	if os.Getenv("TENON_E2E") == "" {
		t.Skip("opens a browser: make e2e runs it")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	repository := filepath.Join(dir, "repository")
	run(t, ".", "sh", filepath.Join(root, "testdata/changes/build.sh"), root, repository)
	files := map[string]string{}
	args := []string{"gate", "-C", repository, "--base", "main", "--head", "excuse", "--now", "2026-06-01"}
	for _, format := range []string{"html", "junit"} {
		files[format] = filepath.Join(dir, "report."+format)
		args = append(args, "-o", format+"="+files[format])
	}
	var stdout, stderr bytes.Buffer
	if code := cli.Main(args, nil, &stdout, &stderr); code != 1 {
		t.Fatalf("exit %d\n%s%s", code, &stdout, &stderr)
	}
	return files
}

func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

// TestBrowser opens the HTML report in Chromium: nothing is fetched, the filters work by keyboard, and
// axe-core has no complaint. The screenshots are kept in bin/report.
func TestBrowser(t *testing.T) {
	shots, err := filepath.Abs("../../bin/report")
	if err != nil {
		t.Fatal(err)
	}
	files := write(t)
	if err := os.MkdirAll(shots, 0o777); err != nil {
		t.Fatal(err)
	}
	run(t, ".", "node", "browse.mjs", files["html"], shots)
	for _, scheme := range []string{"light", "dark"} {
		if info, err := os.Stat(filepath.Join(shots, scheme+".png")); err != nil || info.Size() < 10_000 {
			t.Errorf("no screenshot in %s: %v", scheme, err)
		}
	}
}

// TestJUnit asks the schema that Jenkins' tools publish, which comes with kubeconform's module.
func TestJUnit(t *testing.T) {
	files := write(t)
	module := strings.TrimSpace(run(t, "../peers", "go", "list", "-m", "-f", "{{.Dir}}", "github.com/yannh/kubeconform"))
	run(t, ".", "xmllint", "--noout", "--schema", filepath.Join(module, "fixtures/junit.xsd"), files["junit"])
}
