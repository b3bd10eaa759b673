package steps

import (
	"strings"
	"testing"
)

// TestSettings: a notebook with settings of its own runs as a task of its own, with what is its own beside what all have.
func TestSettings(t *testing.T) {
	c := newCluster(t, "FAKE_GPUS=2")
	c.tasks = rendered(t, variant(t, `gpuMemory: "24Gi"`, `gpuMemory: "24Gi"
		workingCopy: "shared"
		parameters: seed: 7
		env: OMP_NUM_THREADS: "4"
		settings: "notebooks/two.ipynb": {gpus: 2, parameters: {epochs: 3, seed: 8}, kernel: "rapids", after: ["notebooks/one.ipynb"]}`))
	if failed, output := c.prepare(); failed != "" {
		t.Fatalf("step %s failed:\n%s", failed, output)
	}
	// The others get one GPU, and see two.
	run := func(task string) (failed, output string) {
		return c.run(task, map[string][]string{"notebook": {"notebooks/two.ipynb"}, "notebooks": nil, "commit": {"c"}, "run": {"run-1"}})
	}
	if failed, output := run("notebook-execution-gpu"); failed != "papermill" || !strings.Contains(output, "asked for 1 GPUs, see 2") {
		t.Errorf("step %q failed:\n%s", failed, output)
	}
	if failed, output := run("notebook-two"); failed != "" {
		t.Fatalf("step %s failed:\n%s", failed, output)
	}
	arguments := c.read("store/papermill-arguments")
	for _, want := range []string{"--kernel rapids", `"epochs":3`, `"seed":8`, "-p commit c"} {
		if !strings.Contains(arguments, want) {
			t.Errorf("papermill ran without %s: %s", want, arguments)
		}
	}
	// What it writes lies where those after it look.
	c.read("exchange/runs/run-1/source/after-two")
	env := map[string]string{}
	for _, v := range c.tasks["notebook-two"].Spec.Steps[0].Env {
		env[v.Name] = v.Value
	}
	if env["OMP_NUM_THREADS"] != "4" {
		t.Errorf("the environment is %v", env)
	}
}

// TestFound: notebooks that a commit brings are found by their names, and more than there is room for are refused.
func TestFound(t *testing.T) {
	const paths = `paths: [
			"notebooks/01_scRNA_analysis_preprocessing.ipynb",
			"notebooks/02_scRNA_analysis_extended.ipynb",
		]`
	for name, x := range map[string]struct{ found, want, failed, output string }{
		"all":       {`globs: ["**/*.ipynb"], most: 4`, `["notebooks/one.ipynb","notebooks/two.ipynb"]`, "", ""},
		"by folder": {`globs: ["notebooks/t*.ipynb"], most: 1`, `["notebooks/two.ipynb"]`, "", ""},
		"none":      {`globs: ["*.ipynb"], most: 4`, "", "find-notebooks", "no notebook matches"},
		"too many":  {`globs: ["notebooks/**"], most: 1`, "", "find-notebooks", "raise notebooks.found.most"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			c.tasks = rendered(t, variant(t, paths, "found: {"+x.found+"}"))
			failed, output := c.run("env-preparation", map[string][]string{
				"repository": {c.path("repo")}, "revision": {"main"}, "notebooks": nil, "run": {"run-1"},
			})
			if failed != x.failed || !strings.Contains(output, x.output) {
				t.Fatalf("step %q failed:\n%s", failed, output)
			}
			if x.want != "" && c.read("results/notebooks") != x.want {
				t.Errorf("found %s", c.read("results/notebooks"))
			}
		})
	}
}
