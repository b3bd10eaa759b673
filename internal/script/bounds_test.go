package script

import (
	"strings"
	"testing"
	"time"
)

// patience is far beyond what any of them takes, also with the race detector on a busy machine, and far
// below what they take where something is quadratic.
const patience = 3 * time.Minute

// TestBounds: scripts that would overflow the stack of the parser, or of whatever walks its tree, or
// take time that grows with the square of their size, are said not to be read, soon.
func TestBounds(t *testing.T) {
	const n = 100_000
	repeat := strings.Repeat
	for name, text := range map[string]string{
		"subshells":       repeat("(", n) + "true" + repeat(")", n),
		"blocks":          repeat("{ ", n) + "true" + repeat("; }", n),
		"a pipe":          repeat("a|", n) + "b",
		"a chain":         repeat("a&&", n) + "b",
		"alternatives":    repeat("a||", n) + "true",
		"expansions":      "echo " + repeat("${a:-", n) + "x" + repeat("}", n),
		"substitutions":   "echo " + repeat("$(", n) + "x" + repeat(")", n),
		"open":            repeat("$(", n),
		"quoted":          "echo " + repeat(`"$(`, n) + "x",
		"arithmetic":      "echo $((" + repeat("1+", n) + "1))",
		"signs":           "echo $((" + repeat("- ", n) + "1))",
		"conditions":      repeat("if a; then ", n/4) + "b" + repeat("; fi", n/4),
		"branches":        "if a; then b; " + repeat("elif a; then b; ", n/8) + "fi",
		"loops":           repeat("while a; do ", n/4) + "b" + repeat("; done", n/4),
		"cases":           repeat("case a in a) ", n/4) + "b" + repeat(";; esac", n/4),
		"tests":           "[[ " + repeat("! ", n) + "a ]]",
		"parenthesised":   "[[ " + repeat("( ", n) + "a",
		"negations":       repeat("! ", n) + "a",
		"subscripts":      "echo ${" + repeat("a[", n) + "1",
		"backquotes":      "echo " + repeat("`", n),
		"functions":       repeat("f() ", n/2) + "{ a; }",
		"runners":         repeat("env ", n/2) + "x",
		"ignored pipes":   repeat("a || true || ", 500) + "b",
		"nested, allowed": repeat("$( a ", 300) + repeat(")", 300),
		"extended globs":  "shopt -s extglob; echo " + repeat("@(a|", n) + "b",
		"a word":          "echo " + repeat("a", 900_000),
		"many lines":      repeat("echo a | b || true\n", 40_000),
	} {
		for _, shell := range []string{"sh", "bash"} {
			start := time.Now()
			facts := parse(text, shell)
			if took := time.Since(start); took > patience {
				t.Errorf("%s, %s: took %s", name, shell, took)
			} else if testing.Verbose() {
				t.Logf("%s, %s: %s %s", name, shell, took, facts.ParseError)
			}
		}
	}
}

// TestAnonymousFunction: the parser takes a function without a name.
func TestAnonymousFunction(t *testing.T) {
	for _, text := range []string{"() true", "() { a; }", "function { a; }", "function () { a; }", "a() () b"} {
		for _, shell := range []string{"sh", "bash", "ksh"} {
			parse(text, shell)
		}
	}
}
