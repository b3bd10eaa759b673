package confine_test

import (
	"io/fs"
	"path"
	"strings"
	"testing"

	"cuelang.org/go/cue/parser"

	"tenon.dev/tenon"
	"tenon.dev/tenon/internal/confine"
)

// TestCUE: what would overflow a stack is refused, and CUE as people write it is not.
func TestCUE(t *testing.T) {
	const n = 400_000
	repeat := strings.Repeat
	for name, text := range map[string]string{
		"a sum":            "a: " + repeat("1+", n) + "1",
		"brackets":         "a: " + repeat("(", n) + "1" + repeat(")", n),
		"structs":          repeat("a: {", 1000) + repeat("}", 1000),
		"a path":           repeat("a: ", n) + "1",
		"selectors":        "a: b" + repeat(".b", n),
		"indices":          "a: b" + repeat("[0]", n),
		"calls":            "a: b" + repeat("()", n),
		"signs":            "a: " + repeat("-", n) + "1",
		"not":              "a: " + repeat("!", n) + "true",
		"clauses":          "a: [" + repeat("for x in y ", n/8) + "{x}]",
		"interpolations":   "a: " + repeat(`"\(`, 1000) + "1" + repeat(`)"`, 1000),
		"attributes":       "a: 1 @b(" + repeat("(", n) + repeat(")", n) + ")",
		"a sum in a list":  "a: [1, 2, " + repeat("1+\n", n) + "1]",
		"disjunctions":     "a: " + repeat("1 | ", n) + "1",
		"behind a comment": "a: //x\n" + repeat("1 & // y\n", n) + "1",
		"in a string":      `a: "\(` + repeat("1+", n) + `1)"`,
		"comparisons":      "a: " + repeat("<", n) + "1",
		"defaults":         "a: " + repeat("*", n) + "1",
	} {
		if _, err := confine.CUE("x.cue", []byte(text)); err == nil {
			t.Errorf("%s: not refused", name)
		}
	}
	for name, text := range map[string]string{
		"texts":           `a: "\(b) \(c) ((((((" + "d"` + "\nb: '''\n  ((((((\n  '''\n",
		"many fields":     repeat("a: b: c\n", 100_000),
		"a long list":     "a: [" + repeat("1+1, ", 100_000) + "]",
		"broken":          `a: ")" ) ] } "\(`,
		"nested strings":  `a: "x\("y\("z\(1)") and \(2)") \(3)"`,
		"a hash string":   `a: #"x\#(1 + 2)y("#`,
		"many references": repeat("a: \"\\(b)\\(c)\"\n", 10_000),
	} {
		if at, err := confine.CUE("x.cue", []byte(text)); err != nil {
			t.Errorf("%s: %s: %v", name, at, err)
		}
	}
	err := fs.WalkDir(tenon.CUE, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".cue" {
			return err
		}
		text, err := fs.ReadFile(tenon.CUE, name)
		if err != nil {
			return err
		}
		_, err = confine.CUE(name, text)
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// FuzzCUE: what is not refused is parsed without a crash.
func FuzzCUE(f *testing.F) {
	for _, text := range []string{`a: "\(b)"`, "a: {b: [1, 2]}", "a: 1 @x((a))", "for x in y {(x): 1}", `#"\#(1)"#`, "a: '''\n\\(x)\n'''"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(_ *testing.T, text []byte) {
		if _, err := confine.CUE("x.cue", text); err == nil {
			_, _ = parser.ParseFile("x.cue", text)
		}
	})
}
