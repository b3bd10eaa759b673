package platform

import (
	"fmt"
	"maps"
	"path"
	"slices"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/parser"

	"tenon.dev/tenon/internal/finding"
)

// packageSlips are files of the platform, or of the environment, that are of another package than its first file: CUE
// would leave them out, or the platform.
func packageSlips(texts map[string][]byte, dir, environment string) []finding.Finding {
	var found []finding.Finding
	own := ""
	for _, folder := range []string{dir, path.Join(dir, environment)} {
		for _, file := range slices.Sorted(maps.Keys(texts)) {
			if path.Dir(file) != folder {
				continue
			}
			parsed, err := parser.ParseFile(file, texts[file], parser.PackageClauseOnly)
			if err != nil || parsed.PackageName() == "" {
				continue
			}
			if own == "" {
				own = parsed.PackageName()
			}
			if parsed.PackageName() == own {
				continue
			}
			at := finding.Position{File: fileName(file)}
			for _, decl := range parsed.Decls {
				if clause, ok := decl.(*ast.Package); ok {
					at = position(clause.Name.Pos())
				}
			}
			found = append(found, finding.Finding{
				Rule: "input/cue", Severity: finding.Error, Source: &at,
				Message: fmt.Sprintf("the file is of the package %s, and the platform's files are of the package %s: CUE leaves it out", parsed.PackageName(), own),
				Remedy:  "write package " + own,
			})
		}
	}
	return found
}
