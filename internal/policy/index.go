package policy

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// indexFile says of tenon's own rules what their modules say, so that only those are parsed that an object in sight needs:
// parsing all takes longer than judging a small file. A test holds it equal to the modules.
const indexFile = "policies/index.json"

// indexed is a rule in the index.
type indexed struct {
	finding.Rule
	File       string     `json:"file"`
	Ref        string     `json:"ref"`
	Sees       input      `json:"sees"`
	Single     bool       `json:"single,omitempty"`
	Everything bool       `json:"everything,omitempty"`
	Kinds      []string   `json:"kinds,omitempty"`
	Views      []string   `json:"views,omitempty"`
	Fields     [][]string `json:"fields,omitempty"`
	Versions   []string   `json:"versions,omitempty"`
}

func toIndex(r Rule) indexed {
	i := indexed{Rule: r.Rule, File: r.File, Ref: r.ref, Sees: r.sees, Single: r.single, Everything: r.at.everything, Versions: r.at.versions}
	i.Kinds, i.Views = slices.Sorted(maps.Keys(r.at.kinds)), slices.Sorted(maps.Keys(r.at.views))
	for _, paths := range r.at.fields {
		var texts []string
		for _, p := range paths {
			texts = append(texts, p.String())
		}
		i.Fields = append(i.Fields, texts)
	}
	return i
}

func (i indexed) rule() Rule {
	at := looksAt{everything: i.Everything, versions: i.Versions}
	if !i.Everything {
		at.kinds, at.views = map[string]bool{}, map[string]bool{}
	}
	for _, kind := range i.Kinds {
		at.kinds[kind] = true
	}
	for _, view := range i.Views {
		at.views[view] = true
	}
	for _, texts := range i.Fields {
		var paths []manifest.Path
		for _, text := range texts {
			paths = append(paths, manifest.ParsePath(text))
		}
		at.fields = append(at.fields, paths)
	}
	return Rule{Rule: i.Rule, File: i.File, ref: i.Ref, sees: i.Sees, single: i.Single, at: at}
}

// fromIndex takes the rules of a source from its index; false where it has none.
func (s *Set) fromIndex(source Source) bool {
	if _, isTenons := source.FS.(embed.FS); !isTenons { // a team's folder may be called so, and have a file of that name
		return false
	}
	text, err := fs.ReadFile(source.FS, indexFile)
	if err != nil {
		return false
	}
	var all []indexed
	if json.Unmarshal(text, &all) != nil {
		return false
	}
	for _, i := range all {
		if source.ObjectsOnly && isOverOther(i.File) {
			s.left[i.ID] = true
			continue
		}
		s.Rules = append(s.Rules, i.rule())
	}
	s.unparsed = &source
	return true
}

// isOverOther tells whether the rule in a file is over something else than an object.
func isOverOther(file string) bool { return slices.Contains(notOverObjects, path.Base(path.Dir(file))) }

// module parses a module of an index, unless that was done.
func (s *Set) module(name string) (*ast.Module, error) {
	if module, ok := s.modules[name]; ok {
		return module, nil
	}
	text, err := confine.ReadFS(s.unparsed.FS, strings.TrimPrefix(name, s.unparsed.Name+"/"), maxFile)
	if err != nil {
		return nil, fmt.Errorf("reading policies of %s: %s: %w", s.unparsed.Name, name, err)
	}
	module, err := parse(name, string(text))
	if err != nil {
		return nil, fmt.Errorf("parsing policy: %w", err)
	}
	s.modules[name] = module
	return module, nil
}

// parseAll parses what was left to be parsed, with tests where they are wanted.
func (s *Set) parseAll(tests bool) error {
	if s.unparsed == nil {
		return nil
	}
	return fs.WalkDir(s.unparsed.FS, ".", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fmt.Errorf("reading policies of %s: %w", s.unparsed.Name, err)
		case entry.IsDir() || path.Ext(file) != ".rego", s.unparsed.ObjectsOnly && isOverOther(file), !tests && strings.HasSuffix(file, "_test.rego"):
			return nil
		}
		_, err = s.module(path.Join(s.unparsed.Name, file))
		return err
	})
}

// lib are the modules that rules share.
func (s *Set) lib() ([]string, error) {
	entries, err := fs.ReadDir(s.unparsed.FS, "policies/lib")
	if err != nil {
		return nil, fmt.Errorf("reading policies of %s: %w", s.unparsed.Name, err)
	}
	var names []string
	for _, e := range entries {
		if path.Ext(e.Name()) == ".rego" && !strings.HasSuffix(e.Name(), "_test.rego") {
			names = append(names, path.Join(s.unparsed.Name, "policies/lib", e.Name()))
		}
	}
	return names, nil
}
