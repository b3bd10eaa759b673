package cli_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"tenon.dev/tenon/internal/cli"
)

// TestChanges builds a git repository with a branch for each kind of change, and compares what the gate
// says of each with testdata/changes/<branch>.txt. TENON_UPDATE=1 writes these.
func TestChanges(t *testing.T) {
	golden, err := filepath.Abs("../../testdata/changes")
	if err != nil {
		t.Fatal(err)
	}
	repository := changes(t)
	branches := git(t, repository, "for-each-ref", "--format=%(refname:short)", "--sort=refname", "refs/heads")
	seen := 0
	for _, branch := range strings.Fields(branches) {
		if branch == "main" {
			continue
		}
		seen++
		t.Run(branch, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			reports := t.TempDir()
			code := cli.Main([]string{
				"gate", "-C", repository, "--base", branch + "~1", "--head", branch, "--now", "2026-06-01",
				"-o", "text", "-o", "sarif=" + reports + "/sarif", "-o", "markdown=" + reports + "/markdown",
			}, nil, &stdout, &stderr)
			acceptable(t, reports)
			got := strings.ReplaceAll(fmt.Sprintf("%s%sexit %d\n", &stdout, &stderr, code), repository+"/", "")
			got = hash.ReplaceAllString(got, "(commit)") // the repository holds the schema and render of today
			file := filepath.Join(golden, branch+".txt")
			if os.Getenv("TENON_UPDATE") != "" {
				if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
	if seen < 30 {
		t.Errorf("%d kinds of change, want 30 or more", seen)
	}
	if status := git(t, repository, "status", "--porcelain", "--ignored"); status != "" {
		t.Errorf("the gate left something in the working tree:\n%s", status)
	}
}

// hash fits the commit that stands behind the name of a revision.
var hash = regexp.MustCompile(`\([0-9a-f]{7}\)`)

// acceptable tells whether GitHub would take the reports.
func acceptable(t *testing.T, reports string) {
	t.Helper()
	log, err := sarif.Open(reports + "/sarif")
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Validate(); err != nil {
		t.Errorf("not SARIF 2.1.0: %v", err)
	}
	comment, err := os.ReadFile(reports + "/markdown")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(comment); n == 0 || n > 65_536 {
		t.Errorf("a comment of %d bytes", n)
	}
}

// changes builds the repository of testdata/changes.
func changes(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "repository")
	out, err := exec.Command("sh", filepath.Join(root, "testdata/changes/build.sh"), root, dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return dir
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return string(out)
}
