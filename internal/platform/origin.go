package platform

import (
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/token"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// maxSteps bounds the walk for one field: deep expressions have many parts, and a finding
// needs the first few.
const maxSteps = 4000

// places resolves where the value at a path of the rendered targets came from.
//
// No single call of CUE's API tells that. The walk follows the expressions behind the value:
// a unification into its conjuncts, a reference into the value that it names, an
// interpolation or call into its parts. Expr leaves out a default that another alternative
// subsumes, so disjunctions are read from the syntax tree instead.
func (e *Environment) places(at manifest.Path, text string) []manifest.Place {
	w := walker{env: e, text: text, seen: map[finding.Position]int{}, holders: map[finding.Position]bool{}}
	value, found := e.nearest(at)
	w.final, w.rest = value, at[found:]
	w.follow(value, false)
	w.leaves(value)
	w.uses(at[:found])
	return w.ranked()
}

// maxLeaves bounds how many leaves of a struct or list are traced to find where it comes from.
const maxLeaves = 24

// leaves follows the leaves of a struct or list: what the team wrote of it stands there.
func (w *walker) leaves(v cue.Value) {
	count := 0
	var visit func(v cue.Value)
	visit = func(v cue.Value) {
		if count >= maxLeaves {
			return
		}
		switch v.IncompleteKind() {
		case cue.StructKind:
			fields, err := v.Fields()
			for err == nil && fields.Next() {
				visit(fields.Value())
			}
		case cue.ListKind:
			elements, err := v.List()
			for err == nil && elements.Next() {
				visit(elements.Value())
			}
		default:
			count++
			w.final = v
			w.follow(v, false)
		}
	}
	if v.IncompleteKind() == cue.StructKind || v.IncompleteKind() == cue.ListKind {
		visit(v)
	}
}

// nearest returns the value at the path, or of its nearest parent that exists, and how many
// elements of the path lead there.
func (e *Environment) nearest(at manifest.Path) (cue.Value, int) {
	value := e.root
	for i, element := range at {
		next := value.LookupPath(selector(element))
		if !next.Exists() {
			return value, i
		}
		value = next
	}
	return value, len(at)
}

func selector(element any) cue.Path {
	if index, ok := element.(int); ok {
		return cue.MakePath(cue.Index(index))
	}
	return cue.MakePath(cue.Str(element.(string)))
}

type walker struct {
	env *Environment
	// final is the value whose origin is looked for.
	final cue.Value
	// rest of the path below final: the elements of a list that is a default are found
	// only where the list is written.
	rest manifest.Path
	// text is what a part of the value should hold to be preferred; holders are the places
	// that do.
	text    string
	holders map[finding.Position]bool
	steps   int
	places  []manifest.Place
	seen    map[finding.Position]int
}

// note records a place once; a place seen both as the value and as a part counts as the
// value.
func (w *walker) note(pos token.Pos, part, through bool) {
	if !pos.IsValid() {
		return
	}
	p := position(pos)
	role := w.role(p, part, through)
	if i, known := w.seen[p]; known {
		if rank(role) < rank(w.places[i].Role) {
			w.places[i].Role = role
		}
		return
	}
	w.seen[p] = len(w.places)
	w.places = append(w.places, manifest.Place{Position: p, Role: role})
}

// literal notes a literal that the value is, or is put together from.
func (w *walker) literal(x *ast.BasicLit, part bool) {
	w.note(x.Pos(), part, false)
	if strings.HasPrefix(strings.TrimLeft(x.Value, "#"), `"""`) && !part {
		// The text begins on the line after the quotes.
		w.places[w.seen[position(x.Pos())]].Text = position(x.Pos()).Line + 1
	}
	if w.text != "" && strings.Contains(x.Value, w.text) {
		w.holders[position(x.Pos())] = true
	}
}

func (w *walker) role(p finding.Position, part, through bool) manifest.Role {
	switch l := w.env.files.layerOf(p); {
	case l == team && through:
		return manifest.Use
	case l == team && part:
		return manifest.Part
	case l == team:
		return manifest.Literal
	case through:
		return manifest.Reference
	case l == renderLayer:
		return manifest.Template
	}
	return manifest.Default
}

func rank(r manifest.Role) int {
	return slices.Index([]manifest.Role{
		manifest.Literal, manifest.Part, manifest.Use, manifest.Default, manifest.Template, manifest.Reference,
	}, r)
}

func (w *walker) ranked() []manifest.Place {
	slices.SortStableFunc(w.places, func(a, b manifest.Place) int {
		if d := rank(a.Role) - rank(b.Role); d != 0 {
			return d
		}
		switch holds := w.holders; {
		case holds[a.Position] == holds[b.Position]:
			return 0
		case holds[a.Position]:
			return -1
		}
		return 1
	})
	return w.places
}
