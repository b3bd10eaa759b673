package platform

import (
	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/token"
)

func literalString(label string) (string, error) { return literal.Unquote(label) }

// syntax follows an expression of the syntax tree that stands at the value at: its
// references are resolved through the fields that enclose it.
func (w *walker) syntax(e ast.Expr, at cue.Value, part bool) {
	if w.steps++; w.steps > maxSteps {
		return
	}
	switch x := e.(type) {
	case *ast.BasicLit:
		if part || w.isFinal(x) {
			w.literal(x, part)
		}
	case *ast.ParenExpr:
		w.syntax(x.X, at, part)
	case *ast.UnaryExpr:
		if x.Op == token.MUL || x.Op == token.ADD || x.Op == token.SUB || x.Op == token.NOT {
			w.syntax(x.X, at, part)
		}
	case *ast.BinaryExpr:
		switch x.Op {
		case token.OR:
			w.alternatives(at, x, part)
		case token.AND:
			w.syntax(x.X, at, part)
			w.syntax(x.Y, at, part)
		default:
			w.syntax(x.X, at, true)
			w.syntax(x.Y, at, true)
		}
	case *ast.Interpolation:
		w.note(x.Pos(), true, true)
		for i := 1; i < len(x.Elts); i += 2 {
			w.syntax(x.Elts[i], at, true)
		}
	case *ast.CallExpr:
		w.note(x.Pos(), true, true)
		for _, argument := range x.Args {
			w.syntax(argument, at, true)
		}
	case *ast.Ident, *ast.SelectorExpr, *ast.IndexExpr:
		if v, ok := w.resolve(x, at); ok {
			w.follow(v, part)
			return
		}
		if clause, ok := let(x); ok {
			w.syntax(clause.Expr, at, part)
		}
	case *ast.ListLit:
		if w.final.IncompleteKind() == cue.ListKind {
			w.note(x.Pos(), part, false)
		}
		for _, element := range x.Elts {
			w.syntax(element, at, true)
		}
	}
}

// isFinal tells whether a literal is the value that is looked for: of several alternatives
// only that one led there.
func (w *walker) isFinal(x *ast.BasicLit) bool {
	if !w.final.IsConcrete() || w.final.IncompleteKind()&(cue.StructKind|cue.ListKind) != 0 {
		return true
	}
	v := w.env.context.BuildExpr(x)
	return v.Equals(w.final)
}

// resolve finds the value that a chain of selectors names. The first identifier is a field
// of a struct that encloses the expression: as many fields lie between the two in the syntax
// as in the value.
func (w *walker) resolve(e ast.Expr, at cue.Value) (cue.Value, bool) {
	switch x := e.(type) {
	case *ast.SelectorExpr:
		base, ok := w.resolve(x.X, at)
		if !ok {
			return cue.Value{}, false
		}
		name, _, err := ast.LabelName(x.Sel)
		if err != nil {
			return cue.Value{}, false
		}
		found := member(base, name)
		return found, found.Exists()
	case *ast.IndexExpr:
		return w.resolveIndex(x, at)
	case *ast.Ident:
		if clause, ok := let(x); ok {
			return w.resolve(clause.Expr, w.outer(x, clause, at))
		}
		return w.enclosing(x, at)
	}
	return cue.Value{}, false
}

func (w *walker) resolveIndex(x *ast.IndexExpr, at cue.Value) (cue.Value, bool) {
	base, ok := w.resolve(x.X, at)
	if !ok {
		return cue.Value{}, false
	}
	if key, ok := w.resolve(x.Index, at); ok {
		if name, err := key.String(); err == nil {
			found := base.LookupPath(cue.MakePath(cue.Str(name)))
			return found, found.Exists()
		}
	}
	if lit, ok := x.Index.(*ast.BasicLit); ok {
		if n, err := w.env.context.BuildExpr(lit).Int64(); err == nil {
			found := base.LookupPath(cue.MakePath(cue.Index(int(n))))
			return found, found.Exists()
		}
	}
	return cue.Value{}, false
}

func let(e ast.Expr) (*ast.LetClause, bool) {
	x, ok := e.(*ast.Ident)
	if !ok {
		return nil, false
	}
	clause, ok := x.Node.(*ast.LetClause)
	return clause, ok
}

// outer returns the value of the struct that a clause stands in, where at is the value that
// the node n stands at: as many fields lie between the two in the syntax as in the value.
func (w *walker) outer(n, clause ast.Node, at cue.Value) cue.Value {
	return w.up(at, w.env.files.fieldsBetween(n, w.env.files.parent(clause)))
}

func (w *walker) up(at cue.Value, levels int) cue.Value {
	path := at.Path().Selectors()
	return w.env.root.LookupPath(cue.MakePath(path[:max(0, len(path)-levels)]...))
}

// enclosing looks an identifier up in the struct that declares it, which holds the value at.
// Where the syntax does not tell which that is, the nearest that has the name is taken.
func (w *walker) enclosing(x *ast.Ident, at cue.Value) (cue.Value, bool) {
	if x.Scope != nil {
		if found := member(w.up(at, w.env.files.fieldsBetween(x, x.Scope)), x.Name); found.Exists() {
			return found, true
		}
	}
	for up := range at.Path().Selectors() {
		if found := member(w.up(at, up+1), x.Name); found.Exists() {
			return found, true
		}
	}
	return cue.Value{}, false
}

// uses notes the lines of the team that made a template apply: the team's own declaration of
// the nearest field around the value.
func (w *walker) uses(at []any) {
	for n := len(at); n > 2; n-- {
		value, _ := w.env.nearest(at[:n])
		_, operands := value.Expr()
		for _, operand := range append(operands, value) {
			if pos := operand.Pos(); pos.IsValid() && w.env.files.layerOf(position(pos)) == team {
				w.note(pos, true, true)
				return
			}
		}
	}
}
