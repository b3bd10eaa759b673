// Package plugs_test runs what teams plug tenon into their reviews with, by its real entry script and
// on a real git repository: the GitHub Action, the GitLab job and the pre-commit hooks.
package plugs_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"tenon.dev/tenon/internal/cli"
)

// TestMain lets this binary stand for tenon in the scripts.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "tenon" {
		os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// root is the folder of this project.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// read decodes a YAML file of the project.
func read(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root(t), name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

// repository builds the repository of testdata/changes, with a branch for each kind of change.
func repository(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "repository")
	run(t, ".", "sh", filepath.Join(root(t), "testdata/changes/build.sh"), root(t), dir)
	return dir
}

// clone checks out one branch alone, as CI does.
func clone(t *testing.T, repository, branch string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "clone")
	run(t, ".", "git", "clone", "-q", "--depth=1", "--branch", branch, "file://"+repository, dir)
	return dir
}

func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// bash runs a script as CI does and returns what it printed, with its exit code.
func bash(t *testing.T, dir, script string, env ...string) (string, int) {
	t.Helper()
	cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// tenonOnPath is a PATH on which tenon is this test's own binary.
func tenonOnPath(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(self, filepath.Join(bin, "tenon")); err != nil {
		t.Fatal(err)
	}
	return "PATH=" + bin + ":" + os.Getenv("PATH")
}

// holds wants files that are there and not empty.
func holds(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
