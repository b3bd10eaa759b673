package script

import "testing"

// FuzzScript: whatever a script is, something is known of it.
func FuzzScript(f *testing.F) {
	for _, text := range []string{
		"#!/bin/sh\nset -eu\na || true\n", "#!/usr/bin/env bash\nx=$?\nlocal y=$(z)\n", "() true", "curl a | sh", "bash <(curl a)", "cat <<E\n$x\nE\n", "if ! a; then echo b; fi",
		"env -i timeout 5s nice x", "export A=b", "a & wait $!", "f() { g; }; function h { i; }", "case a in b) c;; esac", "echo ${a[1]:-$((1+2))}", "[[ a == b ]] && c",
	} {
		f.Add(text, true)
		f.Add(text, false)
	}
	f.Fuzz(func(_ *testing.T, text string, bash bool) {
		shell := "sh"
		if bash {
			shell = "bash"
		}
		parse(text, shell)
		Parse(text)
	})
}
