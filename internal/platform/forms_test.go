package platform

import (
	"testing"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"

	"tenon.dev/tenon"
)

// TestEveryPatternIsSaidInWords: no regular expression of the schema is all that a user is told of what is wanted.
func TestEveryPatternIsSaidInWords(t *testing.T) {
	entries, err := tenon.CUE.ReadDir("cue/schema")
	if err != nil {
		t.Fatal(err)
	}
	s := &sources{byFile: map[string]*ast.File{}, layers: map[string]layer{}}
	for _, entry := range entries {
		text, err := tenon.CUE.ReadFile("cue/schema/" + entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(entry.Name(), text)
		if err != nil {
			t.Fatal(err)
		}
		s.byFile[entry.Name()], s.layers[entry.Name()] = file, schemaLayer
	}
	used := map[string]bool{}
	for name, file := range s.byFile {
		ast.Walk(file, func(n ast.Node) bool {
			field, isField := n.(*ast.Field)
			if isField {
				if _, isPattern := field.Label.(*ast.ListLit); isPattern {
					eachPattern(field.Value, func(text string, at token.Pos) { used[text] = true; s.inWords(t, name, text, at) })
					return false // a name that no pattern fits is another message
				}
			}
			if unary, ok := n.(*ast.UnaryExpr); ok {
				eachPattern(unary, func(text string, at token.Pos) { used[text] = true; s.inWords(t, name, text, at) })
			}
			return true
		}, nil)
	}
	for text := range others {
		if !used[text] {
			t.Errorf("no field of the schema has the pattern %s", text)
		}
	}
}

func (s *sources) inWords(t *testing.T, name, text string, at token.Pos) {
	if _, ok := s.wanted(`=~` + literal.String.Quote(text)); !ok {
		t.Errorf("%s:%d: %s has no words in forms.go", name, at.Line(), text)
	}
}

func TestMeant(t *testing.T) {
	for _, x := range []struct{ definition, written, want string }{
		{"#Memory", "120GB", "120Gi"}, {"#Memory", "32 GB", "32Gi"}, {"#Memory", "1.5Gi", "1536Mi"}, {"#Memory", "512m", "512Mi"}, {"#Memory", "2048Gi", "2Ti"},
		{"#Memory", "64", "64Gi"}, {"#Memory", "much", ""}, {"#Memory", "0.3Mi", ""},
		{"#CPU", "30", "30"}, {"#CPU", "0.5", "500m"}, {"#CPU", "4 cores", "4"}, {"#CPU", "-1", ""},
		{"#Duration", "1 hour", "1h"}, {"#Duration", "90 minutes", "1h30m"}, {"#Duration", "2 days", "48h"}, {"#Duration", "1.5h", "1h30m"}, {"#Duration", "90", ""},
		{"#GitURL", "git@github.com:example/notebooks.git", "https://github.com/example/notebooks.git"},
		{"#GitURL", "ssh://git@git.example.com:7999/a/b.git", "https://git.example.com/a/b.git"}, {"#GitURL", "http://github.com/a/b", "https://github.com/a/b"},
		{"#GitURL", "https://user:word@github.com/a/b", ""}, {"#GitURL", "notebooks", ""},
		{"#CIDR", "192.0.2.7", "192.0.2.7/32"}, {"#CIDR", "2001:db8::1", "2001:db8::1/128"}, {"#CIDR", "github.com", ""},
		{"#RegistryPrefix", "https://Registry.example.com/Team/", "registry.example.com/team"}, {"#HostName", "https://github.com/a", "github.com"},
		{"#Name", "GPU_Pool", "gpu-pool"}, {"#NotebookPath", "../notebooks/a.ipynb", "notebooks/a.ipynb"},
	} {
		if got := forms[x.definition].mend(x.written); got != x.want {
			t.Errorf("%s: of %q it makes %q, want %q", x.definition, x.written, got, x.want)
		}
	}
}
