package internal_test

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
	"slices"
	"sort"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"

	"tenon.dev/tenon"
	"tenon.dev/tenon/internal/policy"
	"tenon.dev/tenon/internal/rules"
)

const findingType = module + "finding.Finding"

// TestEmittedRulesAreRegistered follows each value that becomes the rule of a finding back to where it is written, through
// parameters, variables, fields, tables and results of functions. Each must be the id of a registered rule, or come from
// one, and each rule in Go must be emitted.
func TestEmittedRulesAreRegistered(t *testing.T) {
	f := flow{emitted: map[string]bool{}, seen: map[ast.Expr]bool{}, funcs: map[string][]function{}, calls: map[string][]argument{}, fields: map[string][]value{}, vars: map[types.Object][]value{}, params: map[types.Object]param{}, passed: map[string][]param{}}
	loaded, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesInfo | packages.NeedImports | packages.NeedDeps}, "./...")
	if err != nil || packages.PrintErrors(loaded) > 0 {
		t.Fatal(err)
	}
	var sinks []value
	for _, p := range loaded {
		for _, file := range p.Syntax {
			sinks = append(sinks, f.index(p, file)...)
		}
	}
	if len(sinks) < 50 {
		t.Fatalf("only %d places make findings", len(sinks))
	}
	for _, sink := range sinks {
		f.follow(sink)
	}
	rego, err := policy.Load(t.Context(), policy.Source{Name: "tenon", FS: tenon.Policies})
	if err != nil {
		t.Fatal(err)
	}
	registry := rules.With(rego.Stated()) // Go lowers some findings to another rule, which may be in Rego
	for id := range f.emitted {
		if _, ok := registry.Get(id); !ok {
			t.Errorf("%s is emitted and not registered in internal/rules", id)
		}
	}
	for _, r := range rules.Go().List() {
		if !f.emitted[r.ID] {
			t.Errorf("%s is registered, and nothing emits it", r.ID)
		}
	}
	sort.Strings(f.lost)
	for _, where := range f.lost {
		t.Error(where)
	}
}

// value is an expression in a package; function and argument are where functions are and are called.
type (
	value struct {
		in   *packages.Package
		expr ast.Expr
		// at is which of several results of a call is meant.
		at int
	}
	function struct {
		in   *packages.Package
		body *ast.BlockStmt
	}
	argument struct {
		in   *packages.Package
		call *ast.CallExpr
	}
)

// flow has what is assigned to what.
type flow struct {
	emitted map[string]bool
	lost    []string
	seen    map[ast.Expr]bool
	funcs   map[string][]function
	calls   map[string][]argument
	fields  map[string][]value
	vars    map[types.Object][]value
	// params are the functions and positions of parameters.
	params map[types.Object]param
	// passed are the parameters that functions are given to, by their names.
	passed map[string][]param
}

type param struct {
	of string
	at int
}

// index notes what a file assigns, and returns what becomes the rule of a finding.
func (f *flow) index(p *packages.Package, file *ast.File) []value {
	var sinks []value
	results := func(to, from ast.Expr, at int) {
		if id, ok := to.(*ast.Ident); ok {
			if o := p.TypesInfo.ObjectOf(id); o != nil {
				f.vars[o] = append(f.vars[o], value{p, from, at})
			}
		}
	}
	assign := func(to ast.Expr, from ast.Expr) {
		switch to := to.(type) {
		case *ast.Ident:
			if o := p.TypesInfo.ObjectOf(to); o != nil {
				f.vars[o] = append(f.vars[o], value{in: p, expr: from})
			}
		case *ast.SelectorExpr:
			if s := p.TypesInfo.Selections[to]; s != nil && s.Kind() == types.FieldVal {
				if isFinding(s.Recv()) && to.Sel.Name == "Rule" {
					sinks = append(sinks, value{in: p, expr: from})
				}
				f.field(s.Obj(), value{in: p, expr: from})
			}
		case *ast.IndexExpr:
			if id, ok := to.X.(*ast.Ident); ok {
				if o := p.TypesInfo.ObjectOf(id); o != nil {
					f.vars[o] = append(f.vars[o], value{in: p, expr: from})
				}
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if o, ok := p.TypesInfo.Defs[n.Name].(*types.Func); ok && n.Body != nil {
				f.funcs[o.FullName()] = append(f.funcs[o.FullName()], function{p, n.Body})
				f.takes(p, o.FullName(), n.Type)
			}
		case *ast.AssignStmt:
			for i, to := range n.Lhs {
				if len(n.Rhs) == len(n.Lhs) {
					f.literal(p, to, n.Rhs[i])
					assign(to, n.Rhs[i])
				} else {
					results(to, n.Rhs[0], i)
				}
			}
		case *ast.ValueSpec:
			for i, name := range n.Names {
				if i < len(n.Values) {
					f.literal(p, name, n.Values[i])
					assign(name, n.Values[i])
				}
			}
		case *ast.RangeStmt:
			for _, to := range []ast.Expr{n.Key, n.Value} {
				if to != nil {
					assign(to, n.X)
				}
			}
		case *ast.CallExpr:
			name := callee(p, n)
			if name == "" {
				return true
			}
			f.calls[name] = append(f.calls[name], argument{p, n})
			for i, arg := range n.Args {
				given := ""
				switch arg := arg.(type) {
				case *ast.FuncLit:
					given = fmt.Sprintf("a function at %d", arg.Pos())
					f.takes(p, given, arg.Type)
				case *ast.Ident:
					if o, ok := p.TypesInfo.ObjectOf(arg).(*types.Var); ok {
						given = varName(o)
					}
				}
				f.passed[given] = append(f.passed[given], param{name, i})
			}
		case *ast.CompositeLit:
			of, _ := types.Unalias(deref(p.TypesInfo.TypeOf(n))).Underlying().(*types.Struct)
			for i, element := range n.Elts {
				pair, keyed := element.(*ast.KeyValueExpr)
				switch {
				case of == nil:
				case keyed:
					name := pair.Key.(*ast.Ident).Name
					if isFinding(p.TypesInfo.TypeOf(n)) && name == "Rule" {
						sinks = append(sinks, value{in: p, expr: pair.Value})
					}
					f.field(p.TypesInfo.ObjectOf(pair.Key.(*ast.Ident)), value{in: p, expr: pair.Value})
				default:
					f.field(of.Field(i), value{in: p, expr: element})
				}
			}
		}
		return true
	})
	return sinks
}

// literal notes a function that a variable holds.
func (f *flow) literal(p *packages.Package, to, from ast.Expr) {
	name, isName := to.(*ast.Ident)
	lit, isLit := from.(*ast.FuncLit)
	if !isName || !isLit {
		return
	}
	if o := p.TypesInfo.ObjectOf(name); o != nil {
		f.funcs[varName(o)] = append(f.funcs[varName(o)], function{p, lit.Body})
		f.takes(p, varName(o), lit.Type)
	}
}

func (f *flow) takes(p *packages.Package, name string, t *ast.FuncType) {
	at := 0
	for _, field := range t.Params.List {
		for _, id := range field.Names {
			f.params[p.TypesInfo.Defs[id]] = param{name, at}
			at++
		}
		if len(field.Names) == 0 {
			at++
		}
	}
}

func (f *flow) field(o types.Object, v value) {
	if o != nil {
		f.fields[fieldName(o)] = append(f.fields[fieldName(o)], v)
	}
}

// follow finds what a value may be.
func (f *flow) follow(v value) {
	if f.seen[v.expr] {
		return
	}
	f.seen[v.expr] = true
	if known := v.in.TypesInfo.Types[v.expr].Value; known != nil {
		if known.Kind() == constant.String {
			if id := constant.StringVal(known); id != "" {
				f.emitted[id] = true
			}
		}
		return
	}
	switch e := v.expr.(type) {
	case *ast.ParenExpr:
		f.follow(value{in: v.in, expr: e.X})
	case *ast.Ident:
		f.object(v, v.in.TypesInfo.ObjectOf(e))
	case *ast.SelectorExpr:
		f.selected(v, e)
	case *ast.IndexExpr:
		f.follow(value{in: v.in, expr: e.X})
	case *ast.CompositeLit: // a table
		for _, element := range e.Elts {
			if pair, ok := element.(*ast.KeyValueExpr); ok {
				f.ifText(value{in: v.in, expr: pair.Key})
				f.ifText(value{in: v.in, expr: pair.Value})
				continue
			}
			f.ifText(value{in: v.in, expr: element})
		}
	case *ast.CallExpr:
		f.result(v, e)
	default:
		f.lose(v)
	}
}

func (f *flow) ifText(v value) {
	if t, ok := v.in.TypesInfo.TypeOf(v.expr).Underlying().(*types.Basic); ok && t.Info()&types.IsString != 0 {
		if known := v.in.TypesInfo.Types[v.expr].Value; known == nil || looksLikeID(constant.StringVal(known)) {
			f.follow(v)
		}
		return
	}
	if inner, ok := v.expr.(*ast.CompositeLit); ok {
		f.follow(value{in: v.in, expr: inner})
	}
}

func looksLikeID(text string) bool {
	category, name, found := strings.Cut(text, "/")
	return found && category != "" && name != "" && !strings.ContainsAny(text, " .:$*")
}

func (f *flow) object(v value, o types.Object) {
	if p, ok := f.params[o]; ok {
		for _, a := range f.callsOf(p.of, map[string]bool{}) {
			if p.at < len(a.call.Args) {
				f.follow(value{in: a.in, expr: a.call.Args[p.at]})
			}
		}
		return
	}
	if len(f.vars[o]) == 0 {
		f.lose(v)
	}
	for _, from := range f.vars[o] {
		f.follow(from)
	}
}

// callsOf are the calls of a function, also by the parameters that it is passed as.
func (f *flow) callsOf(name string, seen map[string]bool) []argument {
	if seen[name] || name == "" {
		return nil
	}
	seen[name] = true
	all := f.calls[name]
	for o, p := range f.params {
		if o != nil && slices.Contains(f.passed[name], p) {
			all = append(all, f.callsOf(varName(o), seen)...)
		}
	}
	return all
}

func (f *flow) selected(v value, e *ast.SelectorExpr) {
	s := v.in.TypesInfo.Selections[e]
	switch {
	case s == nil: // a variable of another package
		f.object(v, v.in.TypesInfo.ObjectOf(e.Sel))
	case isFinding(s.Recv()), s.Obj().Pkg().Path() == module+"finding" && e.Sel.Name == "ID":
		// The rule of another finding, or a registered one.
	case len(f.fields[fieldName(s.Obj())]) == 0:
		f.lose(v)
	default:
		for _, from := range f.fields[fieldName(s.Obj())] {
			f.follow(from)
		}
	}
}

// result follows what a function of the project returns, and the alternatives of cmp.Or.
func (f *flow) result(v value, call *ast.CallExpr) {
	name := callee(v.in, call)
	if name == "cmp.Or" {
		for _, a := range call.Args {
			f.follow(value{in: v.in, expr: a})
		}
		return
	}
	if len(f.funcs[name]) == 0 {
		f.lose(v)
	}
	for _, fn := range f.funcs[name] {
		ast.Inspect(fn.body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncLit:
				return false
			case *ast.ReturnStmt:
				if v.at < len(n.Results) {
					f.ifText(value{in: fn.in, expr: n.Results[v.at]})
				}
			}
			return true
		})
	}
}

func (f *flow) lose(v value) {
	f.lost = append(f.lost, fmt.Sprintf("%s: where this rule comes from is not seen: state it as a constant, or take it from a registered rule", v.in.Fset.Position(v.expr.Pos())))
}

func callee(p *packages.Package, call *ast.CallExpr) string {
	fun := call.Fun
	if index, ok := fun.(*ast.IndexExpr); ok { // an instance of a generic function
		fun = index.X
	}
	var id *ast.Ident
	switch fun := fun.(type) {
	case *ast.Ident:
		id = fun
	case *ast.SelectorExpr:
		id = fun.Sel
	default:
		return ""
	}
	switch o := p.TypesInfo.ObjectOf(id).(type) {
	case *types.Func:
		return o.Origin().FullName()
	case *types.Var:
		return varName(o)
	}
	return ""
}

func varName(o types.Object) string { return fmt.Sprintf("%s at %d", o.Name(), o.Pos()) }

func fieldName(o types.Object) string {
	if v, ok := o.(*types.Var); ok {
		o = v.Origin()
	}
	return o.Pkg().Path() + "." + o.Name()
}

func deref(t types.Type) types.Type {
	if t == nil {
		return types.Typ[types.Invalid]
	}
	if p, ok := t.Underlying().(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}

func isFinding(t types.Type) bool { return types.TypeString(deref(t), nil) == findingType }
