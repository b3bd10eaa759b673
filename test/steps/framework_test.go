package steps

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// variant is a copy of the reference platform with a text of it replaced.
func variant(t *testing.T, before, after string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "cue"), os.DirFS("../../cue")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "cue/platform/platform.cue")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(text), before) != 1 {
		t.Fatalf("%q does not stand once in the platform", before)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), before, after, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestFramework: the environment of tests, their arguments, and where they find what notebooks made.
func TestFramework(t *testing.T) {
	const revision = "revision:   \"v1.4.0\"\n"
	for name, x := range map[string]struct{ set, python, output string }{
		"the image's own":           {"", "", "--cov-report html:"},
		"arguments":                 {`arguments: ["-m", "not slow"]`, "", "-m not slow"},
		"what requirements ask for": {`environment: "requirements"`, "scratch/environment/bin/python", ""},
		"what poetry locks":         {`environment: "poetry"`, "", ""},
		"pages where tests look":    {`inputs: "input/v1"`, "", ""},
		"pages by other names":      {"inputs: \"input/v1\"\n\t\tinputNames: one: \"std_one\"", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			c.tasks = rendered(t, variant(t, revision, revision+x.set+"\n"))
			c.write("source/framework/requirements.txt", "pandas==2.2.3\n", 0o644)
			c.write("source/results/executed/notebooks/one.html", "<html>", 0o644)
			c.write("source/source/a.py", "", 0o644)
			c.must("test-execution", nil)
			ran := c.read("store/pytest")
			if !strings.Contains(ran, x.output) || x.python != "" && !strings.HasPrefix(ran, c.path(x.python)) {
				t.Errorf("pytest ran as %s", ran)
			}
			if strings.Contains(x.set, "poetry") && !strings.Contains(c.read("store/poetry"), "install --no-interaction --no-root") {
				t.Error("poetry did not install")
			}
			switch {
			case strings.Contains(x.set, "inputNames"):
				c.read("source/framework/input/v1/std_one.html")
				if _, err := os.Stat(c.path("source/framework/input/v1/one.html")); err == nil {
					t.Error("the page has its own name, too")
				}
			case strings.Contains(x.set, "inputs"):
				c.read("source/framework/input/v1/one.html")
			}
		})
	}
}

// TestPatch: the script that a platform gives changes the checkout before anything looks at it.
func TestPatch(t *testing.T) {
	c := newCluster(t)
	c.tasks = rendered(t, variant(t, `gpuMemory: "24Gi"`, `gpuMemory: "24Gi"
		workingFolder: "notebook"
		patch: """
			#!/bin/sh
			echo patched > notebooks/patched.txt

			"""`))
	c.executed()
	c.read("exchange/runs/run-1/source/notebooks/patched.txt")
	if log := c.read("store/papermill"); !strings.Contains(log, "patched.txt") {
		t.Errorf("the notebook did not run in its own folder:\n%s", log)
	}
}
