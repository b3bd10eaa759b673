package policy

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"

	"tenon.dev/tenon"
	"tenon.dev/tenon/internal/manifest"
)

// TestLooksAt: over every twin and all that the reference platform renders, each under its own kind and under others, the
// rules that can fire find what all rules do.
func TestLooksAt(t *testing.T) {
	ctx := context.Background()
	load := func() *Set {
		s, err := Load(ctx, Source{Name: "tenon", FS: tenon.Policies, ObjectsOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	some, all := load(), load()
	few := 0
	for i := range all.Rules {
		if !all.Rules[i].at.everything {
			few++
		}
		all.Rules[i].at = anything
	}
	if few < len(all.Rules)*9/10 {
		t.Errorf("%d of %d rules look at some objects only", few, len(all.Rules))
	}
	asked, found := 0, 0
	compare := func(o manifest.Object) {
		want, wantErr := all.Evaluate(ctx, o)
		got, err := some.Evaluate(ctx, o)
		if fmt.Sprint(got, err) != fmt.Sprint(want, wantErr) {
			t.Errorf("%s %s/%s: got %v %v, all rules find %v %v", o.File, o.Kind, o.Name, got, err, want, wantErr)
		}
		asked, found = asked+1, found+len(want)
	}
	for name, text := range samples(t) {
		for _, o := range manifest.Parse(name, []byte(text)).Objects {
			compare(o)
			for _, kind := range []string{"Basket", "TriggerTemplate", "PipelineRun"} {
				other := o
				other.Kind, other.Value = kind, map[string]any{}
				for key, value := range o.Value {
					other.Value[key] = value
				}
				other.Value["kind"] = kind
				compare(other)
			}
		}
	}
	if asked < 1000 || found < 300 {
		t.Errorf("%d objects with %d findings", asked, found)
	}
}

// samples are both sides of all twins, and the base of the overlays.
func samples(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(tenon.Defects, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".diff" {
			return err
		}
		text, err := tenon.Defects.ReadFile(name)
		for _, side := range []string{"-", "+"} {
			var lines []string
			for _, line := range strings.Split(string(text), "\n") {
				if line != "" && (line[:1] == " " || line[:1] == side) {
					lines = append(lines, line[1:])
				}
			}
			all[name+side] = strings.Join(lines, "\n")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../overlays/base/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no overlays", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[file] = string(text)
	}
	return all
}

// TestLookingAt: what a rule looks at is read out of it, and nothing where that is not sure.
func TestLookingAt(t *testing.T) {
	const lib = "import data.tenon.lib\n"
	for name, c := range map[string]struct{ rule, want string }{
		"a kind":                  {`deny contains 1 if input.kind == "A"`, "A"},
		"a kind, turned":          {`deny contains 1 if "A" == input.kind`, "A"},
		"one of several":          {`deny contains 1 if input.kind in {"A", "B"}`, "A B"},
		"two rules":               {"deny contains 1 if input.kind == \"A\"\ndeny contains 2 if input.kind == \"B\"", "A B"},
		"the narrower of two":     {"deny contains 1 if {\nsome s in input.tenon.scripts\ninput.kind in {\"A\", \"B\"}\n}", "scripts"},
		"a set of the module":     {"deny contains x if some x in found\nfound contains 1 if input.kind == \"A\"", "A"},
		"within a body":           {lib + "deny contains 1 if {\nsome b in lib.bodies\nb.kind == \"A\"\n}", "A TriggerTemplate"},
		"not that kind":           {`deny contains 1 if not input.kind == "A"`, "everything"},
		"another input":           {`deny contains 1 if input.kind == "A" with input as {"kind": "A"}`, "everything"},
		"a kind that is computed": {`deny contains 1 if input.kind == input.other`, "other"},
		"a set that needs itself": {"deny contains x if some x in found\nfound contains 1 if some x in other\nother contains 1 if some x in found", "everything"},
		"a list of its own":       {"deny contains x if {\nfound := [1]\nsome x in found\n}\nfound contains 1 if input.kind == \"A\"", "everything"},
		"somebody else's lib":     {"import data.other.lib\ndeny contains 1 if some c in lib.containers", "everything"},
		"one rule looks at all":   {"deny contains 1 if input.kind == \"A\"\ndeny contains 2 if not input.x", "everything"},
		"a field":                 {"deny contains 1 if input.kind == \"A\"\ndeny contains 2 if input.x.y[_].z > 1", "A x.y"},
		"a field within calls":    {`deny contains 1 if count(split(input.x, input.y)) > 1`, "x y"},
		"a field that may lack":   {`deny contains 1 if count([1 | input.x]) == 0`, "everything"},
		"a field of every one":    {"deny contains 1 if {\nevery x in input.x { x }\n}", "everything"},
		"a field that is common":  {`deny contains 1 if input.metadata.name == "x"`, "everything"},
		"a version":               {`deny contains 1 if startswith(input.apiVersion, "tekton.dev/")`, "tekton.dev/"},
		"an else":                 {"deny contains 1 if found\nfound := 1 if input.kind == \"A\"\nelse := 2", "everything"},
	} {
		module, err := ast.ParseModuleWithOpts("a.rego", "package a\n"+c.rule, ast.ParserOptions{RegoVersion: ast.RegoV1})
		if err != nil {
			t.Fatal(name, err)
		}
		at := lookingAt(module, "deny")
		var words []string
		for kind := range at.kinds {
			words = append(words, kind)
		}
		for view := range at.views {
			words = append(words, view)
		}
		words = append(words, at.versions...)
		for _, paths := range at.fields {
			for _, path := range paths {
				words = append(words, path.String())
			}
		}
		slices.Sort(words)
		if at.everything {
			words = []string{"everything"}
		}
		if got := strings.Join(words, " "); got != c.want {
			t.Errorf("%s: it looks at %s, want %s", name, got, c.want)
		}
	}
}
