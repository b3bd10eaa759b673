package platform_test

import (
	"path/filepath"
	"strings"
	"testing"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/parser"
)

// TestSchemaIsDocumented wants a comment on every field of the schema: what it means, its unit
// and default. The files notebook_*.cue and *_tasks.cue give values to fields that are documented
// elsewhere, and so do parts of #Platform outside of platform.cue.
func TestSchemaIsDocumented(t *testing.T) {
	files, err := filepath.Glob("../../cue/schema/*.cue")
	if err != nil || len(files) < 10 {
		t.Fatalf("found %d files: %v", len(files), err)
	}
	fields := 0
	for _, file := range files {
		if name := filepath.Base(file); strings.HasPrefix(name, "notebook_") || strings.HasSuffix(name, "_tasks.cue") {
			continue
		}
		syntax, err := parser.ParseFile(file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		documented := map[string]bool{}
		visitFields(syntax.Decls, "", func(path string, field *ast.Field) bool {
			if documented[path] || path == "#Platform" && filepath.Base(file) != "platform.cue" {
				return false
			}
			fields++
			if documented[path] = hasDoc(field); !documented[path] {
				t.Errorf("%s: %s has no comment", field.Pos(), path)
			}
			return true
		})
	}
	if fields < 150 {
		t.Errorf("saw only %d fields", fields)
	}
}

// tables are definitions whose entries are data.
var tables = map[string]bool{"#GPUModels": true, "#Machines": true, "#Drivers": true}

// visitFields visits the fields of definitions, but not the entries of tables, whose pattern is documented, nor a field that only constrains one above it;
// visit tells whether the fields within are visited, too.
func visitFields(decls []ast.Decl, prefix string, visit func(string, *ast.Field) bool) {
	seen := map[string]bool{}
	for _, d := range decls {
		if c, ok := d.(*ast.Comprehension); ok {
			if body, ok := c.Value.(*ast.StructLit); ok {
				visitFields(body.Elts, prefix, visit)
			}
		}
		field, ok := d.(*ast.Field)
		if !ok {
			continue
		}
		name, _, err := ast.LabelName(field.Label)
		if err != nil || strings.HasPrefix(name, "_") {
			if body, ok := field.Value.(*ast.StructLit); ok && !tables[prefix] {
				visitFields(body.Elts, prefix+"[]", visit)
			}
			continue
		}
		path := prefix + "." + name
		if prefix == "" {
			path = name
		}
		if tables[prefix] || seen[path] {
			continue
		}
		seen[path] = true
		if body, ok := field.Value.(*ast.StructLit); visit(path, field) && ok {
			visitFields(body.Elts, path, visit)
		}
	}
}

func hasDoc(field *ast.Field) bool {
	for _, group := range ast.Comments(field) {
		if group.Doc {
			return true
		}
	}
	return false
}
