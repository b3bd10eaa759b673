package platform

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/token"

	"tenon.dev/tenon/internal/finding"
)

// What CUE says of two values that do not fit: a text and a pattern, a value and a type, or two values.
var (
	outOfPattern = regexp.MustCompile(`invalid value ("(?:[^"\\]|\\.)*") \(out of bound`)
	mismatched   = regexp.MustCompile(`conflicting values (.+) and (.+) \(mismatched types (\w+) and (\w+)\)`)
	twoValues    = regexp.MustCompile(`conflicting values ("(?:[^"\\]|\\.)*"|-?[0-9][0-9.]*|true|false) and ("(?:[^"\\]|\\.)*"|-?[0-9][0-9.]*|true|false)$`)
)

// clarify says in the words of a platform what CUE says in those of its evaluation: the form that is wanted with an
// example, and of a conflict both sides; hasDefault says that the schema's comment names a default of the field.
func (s *sources) clarify(f *finding.Finding, text, field string, places []finding.Position, hasDefault bool) {
	wanted, known := s.wanted(text)
	if m := outOfPattern.FindStringSubmatch(text); m != nil && known {
		value, _ := strconv.Unquote(m[1])
		f.Message = fmt.Sprintf("%s: %s is not what is wanted: %s", field, m[1], wanted.wanted)
		f.Remedy = instead(wanted, value)
		return
	}
	if m := mismatched.FindStringSubmatch(text); m != nil {
		s.mismatch(f, m, field, wanted, known)
		return
	}
	if f.Rule == "schema/incomplete" {
		switch {
		case known:
			f.Message = fmt.Sprintf("%s has no value: wanted is %s", field, wanted.wanted)
		case strings.HasSuffix(text, `incomplete value !=""`) || strings.HasSuffix(text, "incomplete value string"):
			f.Message = field + " has no value: wanted is a text"
		}
		return
	}
	if twoValues.MatchString(text) {
		s.bothSides(f, field, places, hasDefault)
	}
}

// instead says what to write: what was meant where that can be told.
func instead(wanted form, value string) string {
	if wanted.mend != nil {
		if meant := wanted.mend(value); meant != "" && meant != value {
			return fmt.Sprintf("write %q", meant)
		}
	}
	return "write " + wanted.wanted
}

// kinds of CUE in words.
var kinds = map[string]string{"int": "a whole number", "string": "a text", "bool": "true or false", "float": "a number", "number": "a number", "struct": "fields in braces", "list": "a list in brackets", "null": "null"}

// mismatch explains a value of another kind than the one that is wanted.
func (s *sources) mismatch(f *finding.Finding, m []string, field string, wanted form, known bool) {
	value, is, want := m[1], m[3], m[4]
	if isKind(value) || strings.HasPrefix(value, "=~") {
		value, is, want = m[2], m[4], m[3]
	}
	if kinds[is] == "" || kinds[want] == "" {
		return
	}
	for _, text := range m[1:3] {
		if (is == "struct" || want == "struct") && s.refuses(text) {
			why, _ := strconv.Unquote(text)
			f.Rule, f.Message = "schema/invalid-value", fmt.Sprintf("%s cannot be stated: %s", field, why)
			return
		}
	}
	described := kinds[want]
	if known {
		described = wanted.wanted
	}
	shown := value
	if is == "struct" || is == "list" {
		shown = "what stands here"
	}
	f.Rule, f.Message = "schema/invalid-value", fmt.Sprintf("%s: %s is %s, and wanted is %s", field, shown, kinds[is], described)
	bare, _ := strconv.Unquote(value)
	switch {
	case want == "string" && known && wanted.mend != nil && wanted.mend(value) != "":
		f.Remedy = fmt.Sprintf("write %q, in quotes", wanted.mend(value))
	case want == "string" && (is == "int" || is == "float" || is == "bool"):
		f.Remedy = fmt.Sprintf("write it in quotes: %q", value)
	case want == "int" && is == "string":
		f.Remedy = "write a number without quotes"
		if _, err := strconv.Atoi(bare); err == nil {
			f.Remedy = "write it without quotes: " + bare
		}
	case want == "bool" && (bare == "true" || bare == "false"):
		f.Remedy = "write it without quotes: " + bare
	case want == "bool":
		f.Remedy = "write true or false"
	case want == "list":
		f.Remedy = "write it in brackets, as in [" + shown + "]"
		if shown != value {
			f.Remedy = "write a list, as in [...]"
		}
	}
}

// refuses tells whether a text is one that the schema has where nothing may stand: the reason why not.
func (s *sources) refuses(text string) (found bool) {
	if !strings.Contains(text, " ") || !strings.HasPrefix(text, `"`) {
		return false
	}
	for name, file := range s.byFile {
		if s.layers[name] != schemaLayer {
			continue
		}
		ast.Walk(file, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			found = found || ok && literal.Value == text
			return !found
		}, nil)
	}
	return found
}

// isKind tells whether CUE names a kind, and not a value.
func isKind(text string) bool {
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" &|()[].{},", r) }) {
		if kinds[part] == "" && !strings.HasPrefix(part, ">") && !strings.HasPrefix(part, "<") && !strings.HasPrefix(part, "!=") && part != "_" {
			return false
		}
	}
	return true
}

// bothSides names the two places in the team's files that say different things, the environment's first, since that is what
// was meant to hold there.
func (s *sources) bothSides(f *finding.Finding, field string, places []finding.Position, hasDefault bool) {
	type side struct {
		finding.Position
		literal *ast.BasicLit
	}
	var sides []side
	for _, p := range places {
		if literal := s.literal(p); literal != nil && !slices.ContainsFunc(sides, func(other side) bool { return other.literal.Value == literal.Value }) {
			sides = append(sides, side{p, literal})
		}
	}
	if len(sides) < 2 {
		return
	}
	slices.SortStableFunc(sides, func(a, b side) int {
		return strings.Count(path.Dir(b.File), "/") - strings.Count(path.Dir(a.File), "/")
	})
	here, there := sides[0], sides[1]
	f.Source, f.Related = &here.Position, []finding.Position{there.Position}
	f.Message = fmt.Sprintf("%s is %s here and %s in %s:%d: in CUE both hold, and they differ", field, here.literal.Value, there.literal.Value, there.File, there.Line)
	label := field[strings.LastIndexByte(field, '.')+1:]
	if hasDefault {
		f.Remedy = fmt.Sprintf("the schema has a default of its own for it, and a second one would be ambiguous: take it out of %s:%d, and say it in each environment's file", there.File, there.Line)
		return
	}
	if path.Dir(here.File) == path.Dir(there.File) {
		f.Remedy = fmt.Sprintf("leave one of the two; a value that environments may replace is a default: %s: %s | *%s", label, kindOf(there.literal), there.literal.Value)
		return
	}
	f.Remedy = fmt.Sprintf("make the one that all environments share a default, which this one replaces: in %s:%d write %s: %s | *%s", there.File, there.Line, label, kindOf(there.literal), there.literal.Value)
}

// kindOf is CUE's type of a literal.
func kindOf(literal *ast.BasicLit) string {
	switch literal.Kind {
	case token.INT:
		return "int"
	case token.FLOAT:
		return "number"
	case token.TRUE, token.FALSE:
		return "bool"
	}
	return "string"
}

// literal is the one that stands at a place in the team's files, if any.
func (s *sources) literal(at finding.Position) *ast.BasicLit {
	if s.literals == nil {
		s.literals = map[finding.Position]*ast.BasicLit{}
		for name, file := range s.byFile {
			if s.layers[name] != team {
				continue
			}
			ast.Walk(file, func(n ast.Node) bool {
				if literal, ok := n.(*ast.BasicLit); ok {
					s.literals[position(literal.Pos())] = literal
				}
				return true
			}, nil)
		}
	}
	return s.literals[at]
}

// allChoices completes a list of choices: CUE names only those of a disjunction that it came to.
func (s *sources) allChoices(named []string) []string {
	if s.choices == nil {
		s.choices = [][]string{}
		for _, instance := range withImports(s.instance) {
			if path.Base(strings.Split(instance.ImportPath, ":")[0]) != "schema" || instance.Err != nil {
				continue
			}
			fields, err := cuecontext.New().BuildInstance(instance).Fields(cue.Definitions(true))
			for err == nil && fields.Next() {
				if list := texts(fields.Value()); len(list) > 1 {
					s.choices = append(s.choices, list)
				}
			}
		}
	}
	best := named
	for _, list := range s.choices {
		holds := !slices.ContainsFunc(named, func(text string) bool { return !slices.Contains(list, text) })
		if holds && (len(best) == len(named) || len(list) < len(best)) {
			best = list
		}
	}
	return best
}

// texts are the alternatives of a disjunction of texts, quoted; nil of anything else.
func texts(v cue.Value) []string {
	op, operands := v.Expr()
	if op != cue.OrOp {
		return nil
	}
	var all []string
	for _, operand := range operands {
		text, err := operand.String()
		if err != nil {
			return nil
		}
		all = append(all, strconv.Quote(text))
	}
	return all
}

// nearest are the choices that are like what was written: by letters, or by holding it.
func nearest(written string, choices []string) []string {
	bare := strings.ToLower(strings.Trim(written, `"`))
	if bare == "" {
		return nil
	}
	var holding []string
	for _, choice := range choices {
		if strings.Contains(strings.ToLower(choice), bare) {
			holding = append(holding, choice)
		}
	}
	if len(holding) > 0 {
		return holding
	}
	if near := mostLike(written, choices); near != "" {
		return []string{near}
	}
	return nil
}

// importSlip explains an import that leads nowhere. It is the same in every environment.
func (s *sources) importSlip(e errors.Error) (finding.Finding, bool) {
	if text := said(e); !strings.Contains(text, "import failed") && !strings.Contains(text, "cannot find package") {
		return finding.Finding{}, false
	}
	for _, pos := range errors.Positions(e) {
		at := position(pos)
		literal := s.literal(at)
		if literal == nil || s.layerOf(at) != team {
			continue
		}
		name, _ := strconv.Unquote(literal.Value)
		if slices.ContainsFunc(withImports(s.instance)[1:], func(i *build.Instance) bool { return len(i.Files) > 0 && strings.Split(i.ImportPath, ":")[0] == name }) {
			continue // it is there, and has a mistake of its own
		}
		remedy := "a platform imports tenon.dev/schema and tenon.dev/render, which lie in cue.mod/pkg"
		if near := mostLike(name, []string{"tenon.dev/schema", "tenon.dev/render"}); near != "" {
			remedy = fmt.Sprintf("did you mean %q?", near)
		}
		return finding.Finding{Rule: "input/cue", Severity: finding.Error, Source: &at, Message: fmt.Sprintf("there is no package %q to import", name), Remedy: remedy}, true
	}
	return finding.Finding{}, false
}
