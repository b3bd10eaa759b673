package platform_test

import (
	"testing"
	"testing/fstest"

	"tenon.dev/tenon"
	"tenon.dev/tenon/internal/platform"
)

// FuzzLoad: CUE of anybody is refused or evaluated.
func FuzzLoad(f *testing.F) {
	for _, text := range []string{
		"package platform\nplatform: {environment: \"a\"}", "package platform\nimport \"list\"\na: list.Range(0, 3, 1)", "package platform\n#A: {b: int | *1}\na: #A & {b: 2}", "package platform\na: \"\\(b)\"\nb: 1",
		"package platform\n@if(x)\na: 1", "package platform\n@extern(embed)\na: _ @embed(file=x.json)", "package other", "a: {for x in [1] {\"\\(x)\": x}}", "import \"tenon.dev/schema\"", "package platform\na: a", "\xff",
	} {
		f.Add(text)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		if len(text) > 2000 {
			return // what grows with size is bounded from outside
		}
		folder := platform.Folder{Dir: "cue/platform", FS: fstest.MapFS{
			"cue/cue.mod/module.cue":   {Data: []byte("module: \"example.com/p@v0\"\nlanguage: version: \"v0.17.0\"\n")},
			"cue/platform/prod/a.cue":  {Data: []byte(text)},
			"cue/platform/prod/x.json": {Data: []byte("{}")},
		}}
		_, _, _ = folder.Load("prod")
	})
}

// FuzzFacts: facts of anybody are refused or read.
func FuzzFacts(f *testing.F) {
	f.Add("secrets: {a: {keys: [b]}}", false)
	f.Add("pools: gpu: nodes: max: 1", true)
	f.Add("&a [*a]", false)
	f.Fuzz(func(_ *testing.T, text string, isCUE bool) {
		if len(text) > 2000 {
			return
		}
		name := "facts.yaml"
		if isCUE {
			name = "facts.cue"
		}
		_, _, _ = platform.ReadFacts(tenon.CUE, name, []byte(text))
	})
}
