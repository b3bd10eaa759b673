package cli_test

// review is the workflow of a repository that runs the gate, by a script.
const review = "on: pull_request\njobs:\n  gate:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: make review\n"

// pullsOfCI change what runs the gate, or what CI runs beside it.
func pullsOfCI() []pull {
	base := map[string]string{
		".github/workflows/review.yaml": review,
		".github/workflows/lint.yaml":   "on: push\njobs: {}\n",
		"Makefile":                      "review:\n\t./hack/review.sh\n",
		"hack/review.sh":                "#!/bin/sh\n. hack/lib.sh\ntenon gate --base main\n",
		"hack/lib.sh":                   "set -e\n",
		"hack/other.sh":                 "true\n",
		"README.md":                     "make review\n",
		"CODEOWNERS":                    "* @platform\n",
	}
	const gate, ci = "change/gate-changed", "change/ci-changed"
	var all []pull
	add := func(name string, exit int, head map[string]string, wants []string, never ...string) {
		all = append(all, pull{kind: "ci", name: name, exit: exit, base: base, head: head, wants: wants, never: never})
	}
	add("the workflow is gone", 1, map[string]string{".github/workflows/review.yaml": ""}, []string{gate, ".github/workflows/review.yaml is removed"})
	add("the workflow runs for nobody", 1, map[string]string{".github/workflows/review.yaml": "pull_request=>workflow_dispatch"}, []string{gate})
	add("the workflow is a symlink", 1, map[string]string{".github/workflows/review.yaml": "->lint.yaml"}, []string{gate})
	add("the Makefile", 1, map[string]string{"Makefile": "./hack/review.sh=>true"}, []string{gate, "Makefile is changed"})
	add("the script", 1, map[string]string{"hack/review.sh": "tenon gate=>tenon gate --severity x=off"}, []string{gate, "hack/review.sh is changed"})
	add("what the script reads", 1, map[string]string{"hack/lib.sh": "set -e=>tenon() { true; }"}, []string{gate, "hack/lib.sh is changed"})
	add("a Makefile that comes first", 1, map[string]string{"GNUmakefile": "review:\n\ttrue\n"}, []string{gate, "GNUmakefile is added"})
	add("another workflow of that name", 0, map[string]string{".github/workflows/x.yaml": review}, []string{ci, ".github/workflows/x.yaml is added"}, gate)
	add("a run of Pipelines-as-Code", 0, map[string]string{".tekton/pull.yaml": "apiVersion: tekton.dev/v1\n"}, []string{ci, ".tekton/pull.yaml is added"}, gate)
	add("owners of code", 0, map[string]string{"CODEOWNERS": "@platform=>@octocat"}, []string{ci, "who must agree"}, gate)
	add("what nobody runs", 0, map[string]string{"hack/other.sh": "true=>false", "README.md": "make=>gmake"}, nil, gate, ci)
	return all
}
