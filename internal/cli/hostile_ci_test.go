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
	const gate, ci, others = "change/gate-changed", "change/ci-changed", "change/other-files"
	var all []pull
	add := func(name string, exit int, head map[string]string, wants []string, never ...string) {
		all = append(all, pull{kind: "ci", name: name, exit: exit, base: base, head: head, wants: wants, never: never})
	}
	add("the workflow is gone", 1, map[string]string{".github/workflows/review.yaml": ""}, []string{gate, ".github/workflows/review.yaml is removed"})
	add("the workflow runs for nobody", 1, map[string]string{".github/workflows/review.yaml": "pull_request=>workflow_dispatch"}, []string{gate})
	add("the workflow is a symlink", 1, map[string]string{".github/workflows/review.yaml": "->lint.yaml"}, []string{gate})
	add("the Makefile", 1, map[string]string{"Makefile": "./hack/review.sh=>true"}, []string{gate, "Makefile is changed"})
	add("the script", 1, map[string]string{"hack/review.sh": "tenon gate=>tenon gate --severity x=off"}, []string{gate, "hack/review.sh is changed"})
	add("ends of its lines", 1, map[string]string{"hack/review.sh": "tenon gate --base main\n=>tenon gate --base main\r\n"}, []string{gate, "hack/review.sh is changed"})
	add("what the script reads", 1, map[string]string{"hack/lib.sh": "set -e=>tenon() { true; }"}, []string{gate, "hack/lib.sh is changed"})
	add("what a checkout makes of it", 1, map[string]string{"hack/.gitattributes": "*.sh text eol=crlf\n"}, []string{gate, "hack/.gitattributes is added"})
	add("a Makefile that comes first", 1, map[string]string{"GNUmakefile": "review:\n\ttrue\n"}, []string{gate, "GNUmakefile is added"})
	add("another workflow of that name", 0, map[string]string{".github/workflows/x.yaml": review}, []string{ci, ".github/workflows/x.yaml is added"}, gate)
	add("a workflow of an odd name", 0, map[string]string{".github/workflows/a\tb.yml": review, ".tekton/.g\u200cit": "x"}, []string{ci, `a\tb.yml is added`, `\u200c`}, gate)
	add("a run of Pipelines-as-Code", 0, map[string]string{".tekton/pull.yaml": "apiVersion: tekton.dev/v1\n"}, []string{ci, ".tekton/pull.yaml is added"}, gate)
	add("owners of code", 0, map[string]string{"CODEOWNERS": "@platform=>@octocat", "docs/OWNERS": "a\n"}, []string{ci, "who must agree", "docs/OWNERS"}, gate)
	add("a workflow that is called like owners", 0, map[string]string{".github/workflows/OWNERS.yaml": review}, []string{ci, "CI runs it"}, gate)
	add("what nobody runs", 0, map[string]string{"hack/other.sh": "true=>false", "README.md": "make=>gmake"}, []string{others, "hack/other.sh"}, gate, ci)
	for _, file := range []string{".pre-commit-config.yaml", ".prow.yaml", "appveyor.yml", ".builds/a.yml", ".teamcity/settings.kts", ".drone.star"} {
		add("another CI: "+file, 0, map[string]string{file: "a\n"}, []string{ci, file}, gate)
	}
	// Ways in which a workflow names what it runs: the last file is the one that changes.
	for run, file := range map[string]string{
		"bash ci/gate": "ci/gate", ". ci/env": "ci/env", "make -f ci/Makefile.ci": "ci/Makefile.ci", "docker build -f ci/Dockerfile.gate .": "ci/Dockerfile.gate", "cat ci/vars >> $GITHUB_ENV": "ci/vars",
		"$GITHUB_WORKSPACE/ci/gate.sh": "ci/gate.sh", "bash 'ci/my gate.sh'": "ci/my gate.sh", "ci/gäte.sh": "ci/gäte.sh", "bash ci/gate.md": "ci/gate.md", "cd ci && ./gate.sh": "ci/gate.sh",
		"python3 ci/gate.py": "ci/gate.py", "python3 -m ci.gate": "ci/gate.py", "go run ./ci/gate": "ci/gate/main.go", "node ci/gate": "ci/gate.js", "pytest": "conftest.py", "npm ci": ".npmrc",
		"cue cmd gate": "cue/platform/gate_tool.cue", "cue/ci/gate.sh": "cue/ci/gate.sh", "ci/*.sh # gate.sh": "ci/gate.sh", "D=ci; $D/gate.sh": "ci/gate.sh", "./.github/ISSUE_TEMPLATE/gate.sh": ".github/ISSUE_TEMPLATE/gate.sh",
	} {
		workflow := map[string]string{".github/workflows/review.yaml": "on: pull_request\njobs: {gate: {steps: [{run: tenon gate}, {run: |\n  " + run + "\n}]}}\n", file: "tenon gate --base main\n"}
		all = append(all, pull{kind: "ci", name: "a workflow runs " + run, exit: 1, base: workflow, head: map[string]string{file: "tenon gate=>true; #"}, wants: []string{gate}})
	}
	with := func(name, run string, before, head map[string]string) {
		files := map[string]string{".github/workflows/review.yaml": "on: pull_request\njobs: {gate: {steps: [{" + run + "}]}}\n"}
		for file, text := range before {
			files[file] = text
		}
		all = append(all, pull{kind: "ci", name: name, exit: 1, base: files, head: head, wants: []string{gate}})
	}
	with("an action of the repository", "uses: ./", map[string]string{"action.yml": "runs: {steps: [{run: tenon gate}]}\n"}, map[string]string{"action.yml": "tenon gate=>true"})
	with("an action in a folder", "uses: ./tools/gate", map[string]string{"tools/gate/action.yml": "runs: {steps: [{run: ./run}]}\n", "tools/gate/run": "tenon gate\n"}, map[string]string{"tools/gate/run": "tenon gate=>true"})
	with("a link to a folder", "run: tools/gate.sh; tenon gate", map[string]string{"tools": "->scripts", "scripts/gate.sh": "tenon gate\n"}, map[string]string{"scripts/gate.sh": "tenon gate=>true"})
	with("a link that leads elsewhere", "run: tools/gate.sh; tenon gate", map[string]string{"tools": "->scripts", "scripts/gate.sh": "tenon gate\n", "other/gate.sh": "true\n"}, map[string]string{"tools": "->other"})
	with("a module beside a program", "run: python3 ci/gate.py", map[string]string{"ci/gate.py": "import json\nprint('tenon gate')\n"}, map[string]string{"ci/json.py": "x = 1\n"})
	all = append(all, pull{kind: "ci", name: "an include of GitLab", exit: 1, wants: []string{gate}, base: map[string]string{".gitlab-ci.yml": "include: {local: /ci/review.yml}\n", "ci/review.yml": "gate: {script: [tenon gate]}\n"},
		head: map[string]string{"ci/review.yml": "tenon gate=>true"}})
	all = append(all, pull{kind: "ci", name: "a base that does not render", exit: 1, wants: []string{gate}, base: map[string]string{".github/workflows/review.yaml": "run: tenon gate\n", "cue/platform/broken.cue": "package platform\n{\n"},
		head: map[string]string{".github/workflows/review.yaml": "tenon gate=>true", "cue/platform/broken.cue": ""}})
	return all
}
