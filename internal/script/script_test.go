package script_test

import (
	"slices"
	"testing"

	"tenon.dev/tenon/internal/script"
)

func names(f script.Facts) (all []string) {
	for _, c := range f.Commands {
		all = append(all, c.Name)
	}
	return all
}

func TestParse(t *testing.T) {
	for name, test := range map[string]struct {
		text     string
		shell    string
		commands []string
		broken   bool
	}{
		"words in comments and strings are no commands": {
			text: "#!/bin/sh\n# docker pull x\necho 'docker pull y'\n", shell: "sh", commands: []string{"echo"},
		},
		"no shebang means sh":           {text: "ls\n", shell: "sh", commands: []string{"ls"}},
		"env finds the interpreter":     {text: "#!/usr/bin/env bash\n[[ -f x ]] && docker ps\n", shell: "bash", commands: []string{"docker"}},
		"python is not parsed as shell": {text: "#!/usr/bin/env python3\nimport os\n", shell: ""},
		"substitutions hold commands":   {text: "x=$(git rev-parse HEAD)\n", shell: "sh", commands: []string{"git"}},
		"an empty word sets no option":  {text: "set ''\nls\n", shell: "sh", commands: []string{"set", "ls"}},
		"a broken script says so":       {text: "#!/bin/bash\nif true; then\n", shell: "bash", broken: true},
	} {
		t.Run(name, func(t *testing.T) {
			f := script.Parse(test.text)
			if f.Shell != test.shell || (f.ParseError != "") != test.broken || !slices.Equal(names(f), test.commands) {
				t.Errorf("got shell %q, commands %q, error %q", f.Shell, names(f), f.ParseError)
			}
		})
	}
}

func TestPipes(t *testing.T) {
	f := script.Parse("#!/bin/bash\na | b | c\nset -euo pipefail\nd | e\n")
	if len(f.Pipes) != 2 {
		t.Fatalf("got %d pipes, want the two chains: %v", len(f.Pipes), f.Pipes)
	}
	if got := f.Pipes[0]; !slices.Equal(got.Commands, []string{"a", "b", "c"}) || got.Pipefail || got.Line != 2 {
		t.Errorf("first pipe: %+v", got)
	}
	if got := f.Pipes[1]; !got.Pipefail || got.Line != 4 {
		t.Errorf("second pipe: %+v", got)
	}
}

func TestAssignments(t *testing.T) {
	f := script.Parse("#!/bin/bash\nexport CUDA_VISIBLE_DEVICES=${NVIDIA_VISIBLE_DEVICES:-\"all\"}\nA=1 run\n")
	want := []script.Assignment{{Name: "CUDA_VISIBLE_DEVICES", Value: `${NVIDIA_VISIBLE_DEVICES:-"all"}`, Line: 2}, {Name: "A", Value: "1", Line: 3}}
	if !slices.Equal(f.Assignments, want) {
		t.Errorf("got %v, want %v", f.Assignments, want)
	}
}
