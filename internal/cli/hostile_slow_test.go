//go:build e2e

package cli_test

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// growth is an input of some size: four times as much must take, and say, about four times as much.
type growth struct {
	name string
	n    int
	// text is a file of manifests or, if that is its name, CUE of a platform.
	file string
	text func(n int) string
}

// growths multiply one thing with another where each says, or is compared with, the other.
func growths() []growth {
	lines := func(n int, form string) string { return strings.ReplaceAll(listed(n, form), ",", "\n") + "\n" }
	named := func(n int) string { return strings.Repeat("x", n) }
	return []growth{
		{"a long name and many labels", 12_500, "a.yaml", func(n int) string {
			return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + named(n) + "\n  namespace: b\n  labels:\n" + lines(n/100, `    l#: "not valid #"`)
		}},
		{"a long kind and many labels", 12_500, "a.yaml", func(n int) string {
			return "apiVersion: v1\nkind: " + named(n) + "\nmetadata:\n  name: a\n  labels:\n" + lines(n/100, `    l#: "not valid #"`)
		}},
		{"a long key and many values", 12_500, "a.yaml", func(n int) string {
			return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\ndata:\n  ? " + named(n) + "\n  :\n" + lines(n/100, "    l#: 1")
		}},
		{"a long name and the lines of a waiver", 500, "a.yaml", func(n int) string {
			return "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: " + named(20*n) + "\n  annotations:\n    tenon.dev/waive: |\n" + strings.Repeat("      z\n", n)
		}},
		{"values and what is allowed", 500, "a.json", func(n int) string { return strict(`"enum":[`+listed(n, `"e#"`)+`]`, n) }},
		{"values and an expression", 500, "a.json", func(n int) string { return strict(`"pattern":"^`+named(10*n)+`$"`, n) }},
		{"a long name like another", 25_000, "a.json", func(n int) string {
			return definition(`"`+named(n)+`":{"type":"string"}`) + "\n" + custom(`"name":"a",`, `"`+strings.Repeat("y", n)+`":"x"`)
		}},
		{"directives", 20_000, "a.yaml", func(n int) string { return lines(n, "%TAG !a#! x") + "---\n" + harmless }},
		{"deep and wide", 2400, "a.yaml", func(n int) string {
			return "x: " + strings.Repeat("{1: ", n) + "[" + strings.Repeat("1,", 40*n) + "]" + strings.Repeat("}", n) + "\n"
		}},
		{"fields of a platform that are none", 500, ofOther, func(n int) string { return "package platform\n" + lines(n, "platform: unknown#: 1") }},
		{"brackets of an attribute", 47_500, ofOther, func(n int) string { return "package platform\nx: 1 @go(" + strings.Repeat("(", n) + "\n" }},
		{"brackets of other attributes", 47_500, ofOther, func(n int) string { return "package platform\nx: 1 @go(" + strings.Repeat("[{", n/2) + "\n" }},
	}
}

// TestHostileGrowth has inputs that grow, and looks at what they take.
func TestHostileGrowth(t *testing.T) {
	starter := platformOf(t, nil)
	for _, g := range growths() {
		t.Run(g.name, func(t *testing.T) { // one after another: what children took is counted
			small, saidSmall := g.run(t, starter, g.n)
			large, saidLarge := g.run(t, starter, 4*g.n)
			t.Logf("%s and %d bytes, then %s and %d bytes", small, saidSmall, large, saidLarge)
			if large > 8*small+time.Second {
				t.Errorf("four times as much takes %s instead of %s", large, small)
			}
			if saidLarge > 5*saidSmall {
				t.Errorf("four times as much says %d bytes instead of %d", saidLarge, saidSmall)
			}
		})
	}
}

// run gives the time of the processors, and how much was said.
func (g growth) run(t *testing.T, starter string, n int) (time.Duration, int) {
	t.Helper()
	dir, args := t.TempDir(), []string{"check", g.file}
	if g.file == ofOther {
		dir, args = copied(t, starter), []string{"check"}
	}
	change(t, dir, map[string]string{g.file: g.text(n)})
	before := spent(t)
	got := tenon(t, dir, "", args...)
	took := spent(t) - before
	trial{exit: 1}.judge(t, got, false)
	return took, len(got.output)
}

// spent is what the processes that have ended took.
func spent(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
