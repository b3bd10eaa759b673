package script

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// What decides whether a script fails: its options, and what stands around its commands.

// options follows the options that the script sets.
func (w *walker) options(args []string) {
	joined := strings.Join(args, " ")
	on := !strings.HasPrefix(args[0], "+")
	if strings.Contains(joined, "pipefail") {
		w.pipefail = on
	}
	flags, isFlag := strings.CutPrefix(args[0], "-")
	if isFlag && strings.Contains(flags, "e") || args[0] == "+e" || strings.Contains(joined, "errexit") {
		w.errexit = on
		w.facts.Errexit = w.facts.Errexit || on
	}
}

// guard notes the assignments that run where a failure was expected.
func (w *walker) guard(n syntax.Node) {
	syntax.Walk(n, func(inner syntax.Node) bool {
		if !first(&w.expected, inner) {
			return false
		}
		if a, ok := inner.(*syntax.Assign); ok {
			if w.guarded == nil {
				w.guarded = map[*syntax.Assign]bool{}
			}
			w.guarded[a] = true
		}
		return true
	})
}

// harmless commands succeed whatever happened before them.
var harmless = map[string]bool{"true": true, ":": true, "echo": true, "printf": true}

func (w *walker) ignored(x *syntax.BinaryCmd) {
	right, ok := x.Y.Cmd.(*syntax.CallExpr)
	if !ok || len(right.Args) == 0 || !harmless[text(right.Args[0])] {
		return
	}
	w.hidden(x.X, text(right.Args[0]))
}

// hidden notes every command within a node as one whose failure something hides.
func (w *walker) hidden(n syntax.Node, by string) {
	syntax.Walk(n, func(inner syntax.Node) bool {
		if call, ok := inner.(*syntax.CallExpr); ok && len(call.Args) > 0 && !w.concealed[inner] {
			w.facts.Ignored = append(w.facts.Ignored, Ignored{name(call), by, int(call.Pos().Line())})
		}
		return first(&w.concealed, inner)
	})
}

// first notes a node, and tells whether it was not noted before: what lies in it needs one visit, however
// often something around it asks for one.
func first(noted *map[syntax.Node]bool, n syntax.Node) bool {
	if n == nil {
		return false
	}
	if *noted == nil {
		*noted = map[syntax.Node]bool{}
	}
	known := (*noted)[n]
	(*noted)[n] = true
	return !known
}

// calls visits the commands within a node.
func calls(n syntax.Node, visit func(*syntax.CallExpr)) {
	syntax.Walk(n, func(inner syntax.Node) bool {
		if call, ok := inner.(*syntax.CallExpr); ok && len(call.Args) > 0 {
			visit(call)
		}
		return true
	})
}

// shrugged notes commands whose failure an if only talks about.
func (w *walker) shrugged(x *syntax.IfClause) {
	if len(x.Cond) != 1 || !x.Cond[0].Negated || x.Else != nil || len(x.Then) == 0 {
		return
	}
	call, ok := x.Cond[0].Cmd.(*syntax.CallExpr)
	for _, s := range x.Then {
		then, isCall := s.Cmd.(*syntax.CallExpr)
		ok = ok && isCall && len(then.Args) > 0 && harmless[text(then.Args[0])]
	}
	if ok && len(call.Args) > 0 {
		w.facts.Ignored = append(w.facts.Ignored, Ignored{name(call), "an if that only prints", int(call.Pos().Line())})
	}
}

// masked notes commands whose failure a declaration hides: of local x=$(...) only local decides.
func (w *walker) masked(by string, a *syntax.Assign) {
	if a.Value != nil {
		w.hidden(a.Value, by)
	}
}

// name is what a call runs: the program, or for an interpreter the module or file that it is
// given.
func name(x *syntax.CallExpr) string {
	words := make([]string, len(x.Args))
	for i, word := range x.Args {
		words[i] = text(word)
	}
	program := words[0][strings.LastIndexByte(words[0], '/')+1:]
	if strings.HasPrefix(program, "python") && len(words) > 2 && words[1] == "-m" {
		return words[2]
	}
	return program
}
