package veil

import (
	"cmp"
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/parser"

	"tenon.dev/tenon/internal/confine"
)

// hiddenLiteral is a literal of CUE that holds the value of a secret.
type hiddenLiteral struct {
	from, to int
	value    string
}

// CUESecrets are the values of secrets that stand in a file of CUE, by the names of their fields: of a Secret all of
// its data, elsewhere what is called like one. What evaluates or quotes the file may repeat them anywhere.
func CUESecrets(file *ast.File) []string {
	var values []string
	for _, l := range literalsOf(file) {
		values = append(values, l.value)
		for _, line := range strings.Split(l.value, "\n") {
			if line = strings.TrimSpace(line); len(line) >= shortest {
				values = append(values, line)
			}
		}
	}
	slices.SortFunc(values, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(values)
}

// maskCUE hides them within the text of a file, line by line; a text that does not parse stays as it is.
func maskCUE(text string) string {
	if _, err := confine.CUE("", []byte(text)); err != nil {
		return text
	}
	file, err := parser.ParseFile("", text)
	if err != nil {
		return text
	}
	found := literalsOf(file)
	for _, l := range slices.Backward(found) {
		lines := strings.Repeat("\n", strings.Count(text[l.from:l.to], "\n"))
		text = text[:l.from] + `"` + Hidden + `"` + lines + text[l.to:]
	}
	return text
}

// literalsOf lists them in their order.
func literalsOf(file *ast.File) []hiddenLiteral {
	w := &cueWalk{}
	for _, d := range file.Decls {
		w.declaration(d, nil, false)
	}
	slices.SortFunc(w.found, func(a, b hiddenLiteral) int { return a.from - b.from })
	return w.found
}

// cueWalk looks for literals below the names of secrets.
type cueWalk struct{ found []hiddenLiteral }

func (w *cueWalk) declaration(d ast.Decl, path []string, secret bool) {
	switch d := d.(type) {
	case *ast.Field:
		name, _, _ := ast.LabelName(d.Label)
		if name == "" {
			name = "*"
		}
		w.value(d.Value, append(path[:len(path):len(path)], name), secret || isSecretLabel(path, name))
	case *ast.EmbedDecl:
		w.value(d.Expr, path, secret)
	case *ast.Comprehension:
		w.value(d.Value, path, secret)
	case *ast.LetClause:
		w.value(d.Expr, append(path[:len(path):len(path)], d.Ident.Name), secret || IsName(d.Ident.Name))
	}
}

// isSecretLabel tells whether what a field holds is the value of a secret.
func isSecretLabel(path []string, name string) bool {
	inSecret := slices.Contains(path, "Secret") && (name == "data" || name == "stringData")
	return inSecret || IsName(name) && !benignPair.MatchString(name) && !reference.MatchString(name) && !program.MatchString(name)
}

func (w *cueWalk) value(e ast.Node, path []string, secret bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		w.literal(e, path, secret)
	case *ast.StructLit:
		called := calledSecret(e)
		for _, d := range e.Elts {
			hidden := secret
			if field, ok := d.(*ast.Field); ok {
				name, _, _ := ast.LabelName(field.Label)
				hidden = hidden || called && slices.Contains(ValueKeys, name) || isSecretStruct(e) && (name == "data" || name == "stringData")
			}
			w.declaration(d, path, hidden)
		}
	case *ast.ListLit:
		for _, item := range e.Elts {
			w.value(item, path, secret)
		}
	case *ast.BinaryExpr:
		w.value(e.X, path, secret)
		w.value(e.Y, path, secret)
	case *ast.UnaryExpr:
		w.value(e.X, path, secret)
	case *ast.ParenExpr:
		w.value(e.X, path, secret)
	case *ast.Interpolation:
		for _, part := range e.Elts {
			w.value(part, path, secret)
		}
	case *ast.CallExpr:
		for _, argument := range e.Args {
			w.value(argument, path, secret)
		}
	}
}

// literal notes one that is hidden.
func (w *cueWalk) literal(l *ast.BasicLit, path []string, secret bool) {
	if !strings.ContainsAny(l.Value[:1], `"'#`) {
		return
	}
	if !secret { // a document in a text, such as a patch
		if value, err := literal.Unquote(l.Value); err == nil && len(value) > shortest && structured(value) != value {
			from := l.Pos().Offset()
			w.found = append(w.found, hiddenLiteral{from, from + len(l.Value), value})
		}
		return
	}
	value, err := literal.Unquote(l.Value)
	if err != nil { // a part of an interpolation
		value = strings.Trim(l.Value, `"'#()\`)
	}
	name := ""
	if len(path) > 0 {
		name = path[len(path)-1]
	}
	if len(value) < shortest || harmless(name, value) || code(value) {
		return
	}
	from := l.Pos().Offset()
	w.found = append(w.found, hiddenLiteral{from, from + len(l.Value), value})
}

// calledSecret tells whether a struct is a variable or parameter with the name of a secret.
func calledSecret(s *ast.StructLit) bool {
	return textOf(s, "name", IsName) || textOf(s, "key", IsName)
}

func isSecretStruct(s *ast.StructLit) bool { return textOf(s, "kind", isSecret) }

func textOf(s *ast.StructLit, name string, is func(string) bool) bool {
	return slices.ContainsFunc(s.Elts, func(d ast.Decl) bool {
		field, ok := d.(*ast.Field)
		if !ok {
			return false
		}
		label, _, _ := ast.LabelName(field.Label)
		text, ok := field.Value.(*ast.BasicLit)
		if !ok || label != name {
			return false
		}
		value, err := literal.Unquote(text.Value)
		return err == nil && is(value)
	})
}
