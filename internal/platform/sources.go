package platform

import (
	"path"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/token"

	"tenon.dev/tenon/internal/finding"
)

// layer says who wrote a file.
type layer int

const (
	// team files are the platform's own.
	team layer = iota
	// schema files give constraints and defaults.
	schemaLayer
	// render files are the templates of objects.
	renderLayer
)

// sources knows the files that an environment was loaded from.
type sources struct {
	byFile  map[string]*ast.File
	layers  map[string]layer
	first   string
	parents map[ast.Node]ast.Node
	refs    map[finding.Position]bool
	indexed map[*ast.File]bool
	// literals by where they stand in the team's files.
	literals map[finding.Position]*ast.BasicLit
	// defined are the patterns of the schema's definitions, with the name of each.
	defined map[string]string
	// choices are the lists of texts that the schema's definitions let one choose from.
	choices [][]string
	// borrowed are the fields of findings whose place is that of a struct around them: the team wrote nothing there.
	borrowed map[string]bool
	// instance is what was loaded.
	instance *build.Instance
}

func newSources(instance *build.Instance) *sources {
	s := &sources{
		byFile: map[string]*ast.File{}, layers: map[string]layer{},
		parents: map[ast.Node]ast.Node{}, indexed: map[*ast.File]bool{}, borrowed: map[string]bool{}, instance: instance,
	}
	for i, inst := range withImports(instance) {
		l := team
		switch {
		case i == 0:
		case path.Base(inst.ImportPath) == "render" || strings.HasSuffix(inst.ImportPath, ":render"):
			l = renderLayer
		case strings.HasPrefix(inst.ImportPath, "tenon.dev/"):
			l = schemaLayer
		}
		for _, file := range inst.Files {
			name := fileName(file.Filename)
			s.byFile[name], s.layers[name] = file, l
			if l == team && s.first == "" {
				s.first = name
			}
		}
	}
	return s
}

func (s *sources) firstTeamFile() string { return s.first }

// references are the places in the team's files where a name stands for a value.
func (s *sources) references() map[finding.Position]bool {
	if s.refs != nil {
		return s.refs
	}
	s.refs = map[finding.Position]bool{}
	for name, file := range s.byFile {
		if s.layers[name] != team {
			continue
		}
		ast.Walk(file, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.SelectorExpr, *ast.IndexExpr:
				s.refs[position(n.Pos())] = true
			}
			return true
		}, nil)
	}
	return s.refs
}

// fileName is a name as people know it, relative to the folder's file system.
func fileName(name string) string {
	return strings.TrimPrefix(strings.TrimPrefix(name, virtual), "/")
}

// position gives a CUE position with the file's name relative to the folder.
func position(pos token.Pos) finding.Position {
	p := pos.Position()
	return finding.Position{File: fileName(p.Filename), Line: p.Line, Column: p.Column}
}

func (s *sources) layerOf(p finding.Position) layer {
	if l, known := s.layers[p.File]; known {
		return l
	}
	return schemaLayer
}

// parent returns the node that encloses a node of a file's syntax.
func (s *sources) parent(n ast.Node) ast.Node {
	p := n.Pos().Position()
	file := s.byFile[fileName(p.Filename)]
	if file != nil && !s.indexed[file] {
		s.indexed[file] = true
		var stack []ast.Node
		ast.Walk(file, func(n ast.Node) bool {
			if len(stack) > 0 {
				s.parents[n] = stack[len(stack)-1]
			}
			stack = append(stack, n)
			return true
		}, func(ast.Node) { stack = stack[:len(stack)-1] })
	}
	return s.parents[n]
}

// fieldsBetween counts the fields and list elements that lead from a scope to a node in it.
func (s *sources) fieldsBetween(n, scope ast.Node) int {
	count := 0
	for n != nil && n != scope {
		outer := s.parent(n)
		switch outer.(type) {
		case *ast.Field, *ast.ListLit:
			count++
		}
		n = outer
	}
	return count
}
