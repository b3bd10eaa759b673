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

// follow walks the expression behind a value; part says that the value is one of several
// that the final one is computed from.
func (w *walker) follow(v cue.Value, part bool) {
	if w.steps++; w.steps > maxSteps || !v.Exists() {
		return
	}
	if source, ok := v.Source().(*ast.BinaryExpr); ok && source.Op == token.OR {
		w.alternatives(v, source, part)
		return
	}
	if target, ok := dereference(v); ok {
		w.note(v.Pos(), true, true)
		w.follow(target, part)
		return
	}
	if element, ok := w.below(v); ok {
		w.final, w.rest = element, nil
		w.follow(element, part)
		return
	}
	op, operands := v.Expr()
	switch op {
	case cue.NoOp:
		w.leaf(v, operands, part)
	case cue.AndOp, cue.OrOp:
		for _, operand := range operands {
			w.follow(operand, part)
		}
	case cue.SelectorOp:
		w.reference(v, operands, part)
	case cue.IndexOp:
		w.index(operands, part)
	case cue.InterpolationOp:
		w.note(v.Pos(), true, true)
		for _, operand := range operands {
			if _, literal := operand.Source().(*ast.BasicLit); !literal {
				w.follow(operand, true)
			}
		}
	case cue.CallOp:
		w.note(v.Pos(), true, true)
		for _, operand := range operands[1:] {
			w.follow(operand, true)
		}
	case cue.LessThanOp, cue.LessThanEqualOp, cue.GreaterThanOp, cue.GreaterThanEqualOp,
		cue.NotEqualOp, cue.RegexMatchOp, cue.NotRegexMatchOp:
		// A bound says what the value may be, not what it is.
	default:
		for _, operand := range operands {
			w.follow(operand, true)
		}
	}
}

// below returns the value at the rest of the path, where v has one.
func (w *walker) below(v cue.Value) (cue.Value, bool) {
	if len(w.rest) == 0 {
		return v, false
	}
	for _, element := range w.rest {
		if v = v.LookupPath(selector(element)); !v.Exists() {
			return v, false
		}
	}
	return v, true
}

// dereference returns the value that a reference leads to, in the place where it is declared.
// CUE panics on some references to lets (cuelang.org/go v0.17.1, makeValue: "not properly
// initialized"); the walk then goes on without.
func dereference(v cue.Value) (target cue.Value, ok bool) {
	defer func() {
		if recover() != nil {
			target, ok = v, false
		}
	}()
	target = cue.Dereference(v)
	if !target.Exists() || target.Source() == v.Source() && target.Path().String() == v.Path().String() {
		return v, false
	}
	return target, true
}

// leaf notes a literal, or goes on into the syntax of what Expr does not open: lets,
// comprehensions and defaults.
func (w *walker) leaf(v cue.Value, operands []cue.Value, part bool) {
	switch source := v.Source().(type) {
	case nil:
		for _, operand := range operands {
			if operand.Source() != nil {
				w.leaf(operand, nil, part)
			}
		}
	case *ast.BasicLit:
		w.literal(source, part)
	case *ast.Ident, *ast.ListLit, *ast.UnaryExpr, *ast.SelectorExpr:
		w.syntax(source.(ast.Expr), v, part)
	case *ast.Field:
		w.syntax(source.Value, v, part)
	case *ast.StructLit:
		w.note(source.Pos(), part, true)
	}
}

// reference follows a selector: the label is looked up in the value that it selects from,
// which works for variables of comprehensions too.
func (w *walker) reference(v cue.Value, operands []cue.Value, part bool) {
	w.note(v.Pos(), true, true)
	label, err := operands[1].String()
	if err != nil {
		return
	}
	w.follow(member(located(operands[0]), label), part)
}

// located follows references from a value to the place where it is declared, where its path
// is its own.
func located(v cue.Value) cue.Value {
	for range maxSteps {
		target, ok := dereference(v)
		if !ok {
			return v
		}
		v = target
	}
	return v
}

// member looks a label up in a value: as a regular field, a definition or a hidden field.
func member(v cue.Value, label string) cue.Value {
	for _, s := range selectorsFor(label) {
		if found := v.LookupPath(cue.MakePath(s)); found.Exists() {
			return found
		}
	}
	return cue.Value{}
}

func selectorsFor(label string) []cue.Selector {
	if unquoted, err := literalString(label); err == nil {
		return []cue.Selector{cue.Str(unquoted)}
	}
	switch {
	case len(label) > 1 && label[0] == '_':
		selectors := make([]cue.Selector, 0, 3)
		for _, pkg := range []string{"tenon.dev/render", "tenon.dev/schema", "tenon.dev/platform"} {
			selectors = append(selectors, cue.Hid(label, pkg))
		}
		return selectors
	case label != "" && label[0] == '#':
		return []cue.Selector{cue.Def(label)}
	}
	return []cue.Selector{cue.Str(label)}
}

// index follows an element of a list or a field that is chosen by a computed name.
func (w *walker) index(operands []cue.Value, part bool) {
	var chosen cue.Value
	list := located(operands[0])
	if n, err := operands[1].Int64(); err == nil {
		chosen = list.LookupPath(cue.MakePath(cue.Index(int(n))))
	} else if name, err := operands[1].String(); err == nil {
		chosen = list.LookupPath(cue.MakePath(cue.Str(name)))
	}
	if chosen.Exists() {
		w.follow(chosen, part)
		return
	}
	w.follow(operands[0], true)
}

// alternatives follows a disjunction. What was chosen is the alternative equal to the final
// value, or else the one marked as the default.
func (w *walker) alternatives(v cue.Value, source *ast.BinaryExpr, part bool) {
	actual := w.env.root.LookupPath(v.Path())
	for _, alternative := range flatten(source) {
		if w.overridden(actual, alternative) {
			continue
		}
		if marked, ok := alternative.(*ast.UnaryExpr); ok && marked.Op == token.MUL {
			w.syntax(marked.X, v, part)
			continue
		}
		if _, ok := alternative.(*ast.BasicLit); ok {
			w.syntax(alternative, v, part)
		}
	}
}

// overridden tells whether a literal alternative is not what the disjunction came to.
func (w *walker) overridden(actual cue.Value, alternative ast.Expr) bool {
	if marked, ok := alternative.(*ast.UnaryExpr); ok && marked.Op == token.MUL {
		alternative = marked.X
	}
	lit, ok := alternative.(*ast.BasicLit)
	return ok && actual.IsConcrete() && !w.env.context.BuildExpr(lit).Equals(actual)
}

func flatten(e ast.Expr) []ast.Expr {
	switch x := e.(type) {
	case *ast.BinaryExpr:
		if x.Op == token.OR {
			return append(flatten(x.X), flatten(x.Y)...)
		}
	case *ast.ParenExpr:
		return flatten(x.X)
	}
	return []ast.Expr{e}
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
