package platform

import (
	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/token"
)

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
