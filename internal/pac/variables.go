package pac

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// Unknown finds placeholders that nothing fills in: no variable of Pipelines-as-Code, and no parameter of a Repository
// among the objects.
func Unknown(all []Placeholder, objects []manifest.Object) []finding.Finding {
	custom, params := CustomParams(objects), paramValues(objects)
	said := map[string]bool{}
	var found []finding.Finding
	for _, p := range all {
		if slices.Contains(ofTemplates, p.Key) && !slices.Contains(custom, p.Key) {
			continue // a word of Go's templates, for which nothing is put in
		}
		if p.Sample == "" {
			position := p.Position
			found = append(found, finding.Finding{
				Rule: "pac/not-filled", Severity: finding.Warning, Source: &position, Remedy: "write it on one line, without commas and colons outside of quotes; build longer texts in a step",
				Message: fmt.Sprintf("Pipelines-as-Code puts something in the place of %s, and that may be more than a part of one value: what the file becomes is not checked", p.Shown()),
			})
			continue
		}
		if value, declared := params[p.Key]; declared && !isOfOneValue(value) {
			position := p.Position
			found = append(found, finding.Finding{
				Rule: "pac/not-filled", Severity: finding.Warning, Source: &position, Remedy: "give it a name or a number in spec.params of the Repository, and build the rest in the run",
				Message: fmt.Sprintf("Pipelines-as-Code puts a value of the Repository in the place of %s that means more than a name: what the file becomes is not checked", p.Shown()),
			})
			continue
		}
		if ofEvent.MatchString(p.Key) || slices.Contains(variables, p.Key) || slices.Contains(custom, p.Key) || said[p.Position.File+p.Key] {
			continue
		}
		said[p.Position.File+p.Key] = true
		remedy := "declare it in spec.params of the Repository, or use one of " + strings.Join(variables, ", ")
		if near := finding.Nearest(p.Key, variables); near != "" {
			remedy = "is " + near + " meant?"
		}
		position := p.Position
		found = append(found, finding.Finding{
			Rule: "pac/unknown-variable", Severity: finding.Warning, Source: &position, Remedy: remedy,
			Message: fmt.Sprintf("Pipelines-as-Code has no variable %s of its own, and no Repository in sight declares it: the braces stay in the text", p.Key),
		})
	}
	return found
}

// CustomParams are the parameters that Repositories declare.
func CustomParams(objects []manifest.Object) []string {
	var names []string
	eachParam(objects, func(name string, _ map[string]any) { names = append(names, name) })
	return names
}

// eachParam visits the parameters that Repositories declare.
func eachParam(objects []manifest.Object, visit func(name string, fields map[string]any)) {
	for _, o := range objects {
		if o.Kind != "Repository" || !strings.HasPrefix(o.APIVersion, "pipelinesascode.tekton.dev/") {
			continue
		}
		value, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "params"})
		list, _ := value.([]any)
		for _, item := range list {
			fields, _ := item.(map[string]any)
			if name, ok := fields["name"].(string); ok {
				visit(name, fields)
			}
		}
	}
}

// paramValues are the values that Repositories state for their parameters.
func paramValues(objects []manifest.Object) map[string]string {
	values := map[string]string{}
	eachParam(objects, func(name string, fields map[string]any) {
		if text, ok := fields["value"].(string); ok {
			values[name] += text
		} else if fields["value"] != nil {
			values[name] = "\n" // no text, which a Repository has not
		}
	})
	return values
}

// plainValue fits a name, a number, an address.
var plainValue = regexp.MustCompile(`^[A-Za-z0-9][\w.:/@+-]*$`)

// isOfOneValue tells whether a value that is known is nothing but a part of a name or a text.
func isOfOneValue(value string) bool {
	return plainValue.MatchString(value) && !meaning.MatchString(value)
}

// Injected finds variables that others choose within scripts: what they write runs as a command.
func Injected(scripts map[string]manifest.Path, o manifest.Object, filled Filled) []finding.Finding {
	var found []finding.Finding
	for text, at := range scripts {
		p, ok := chosen(text, filled)
		if !ok {
			continue
		}
		found = append(found, finding.Finding{
			Rule: "pac/script-injection", Severity: finding.Error, Object: o.Ref(), Field: at.String(), Quote: p.Sample,
			Message: fmt.Sprintf("%s is put into the script as text: whoever sends the event chooses it, and runs commands here", p.bare()),
			Remedy:  "give it to a parameter, the parameter to a variable of the environment, and use that in quotes",
		})
	}
	return found
}

// chosen is a placeholder within a script that somebody else chooses.
func chosen(text string, filled Filled) (Placeholder, bool) {
	for rest := text; ; {
		p, at := filled.next(rest)
		if at < 0 {
			break
		}
		if isChosen(p.Key) {
			return p, true
		}
		rest = rest[at+len(p.Sample):]
	}
	for _, m := range form.FindAllStringSubmatch(text, -1) { // those that no sample stands for
		if key := strings.TrimSpace(m[1]); isEvaluated(key) && isChosen(key) {
			return Placeholder{Key: key, Text: m[0], Sample: m[0]}, true
		}
	}
	return Placeholder{}, false
}

// Free finds placeholders outside of scripts that become texts of several lines which others write: Pipelines-as-Code puts
// them into the YAML as they are, comments included, and a line of its own is another field or document.
func Free(all []Placeholder, inScripts func(Placeholder) bool) []finding.Finding {
	var found []finding.Finding
	for _, p := range all {
		if p.Sample == "" || !isChosen(p.Key) || !ofLines.MatchString(p.Key) || inScripts(p) {
			continue
		}
		position := p.Position
		found = append(found, finding.Finding{
			Rule: "pac/yaml-injection", Severity: finding.Warning, Source: &position,
			Message: fmt.Sprintf("%s is a text of several lines that whoever sends the event writes: one of them is another field of the run, or a run of its own", p.Shown()),
			Remedy:  "leave it out, and read the event in a step; a comment is filled in, too",
		})
	}
	return found
}

// ofLines fits fields of events that have several lines: descriptions, comments, messages of commits.
var ofLines = regexp.MustCompile(`(?:\.|\[")(?:body|description|message|note|text|content|comment|raw|html)\b`)

// limited are fields of events of which forges choose the letters: numbers, hashes, names of people, their own addresses.
var limited = []string{
	"number", "id", "node_id", "iid", "sha", "after", "before", "login", "username", "user_username", "url", "html_url", "clone_url", "ssh_url", "created_at", "updated_at",
	"action", "type", "state", "object_kind", "event_name", "draft", "merged",
}

// isChosen tells whether whoever sends an event chooses what a placeholder becomes, in letters of his own.
func isChosen(key string) bool {
	expression, isExpression := strings.CutPrefix(key, "cel:")
	if !isExpression && !ofEvent.MatchString(key) {
		return slices.Contains(byOthers, key)
	}
	parsed, ok := parsedCEL(expression)
	switch {
	case len(expression) > maxExpression:
		return true
	case !ok:
		return strings.Contains(expression, "body") // where it does not parse for them either, it stays as it is
	}
	return chosenIn(parsed)
}

// parsedCEL is an expression as it parses; false where it does not, or is too long to be read.
func parsedCEL(text string) (ast.Expr, bool) {
	env, err := celParser()
	if err != nil || len(text) > maxExpression {
		return nil, false
	}
	parsed, issues := env.Parse(strings.TrimSpace(text))
	if issues.Err() != nil {
		return nil, false
	}
	return parsed.NativeRep().Expr(), true
}

// celParser parses expressions, with the macros that they may have.
var celParser = sync.OnceValues(func() (*cel.Env, error) { return cel.NewEnv() })

// deciding are the operators and functions that give true, false or a number.
var deciding = []string{
	operators.Equals, operators.NotEquals, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals, operators.LogicalAnd, operators.LogicalOr,
	operators.LogicalNot, operators.In, operators.OldIn, "size", "startsWith", "endsWith", "matches", "contains", "pathChanged", "int", "uint", "double", "bool",
}

// chosenIn tells whether what an expression gives is in letters that the sender of the event chooses.
func chosenIn(e ast.Expr) bool {
	switch e.Kind() {
	case ast.SelectKind:
		s := e.AsSelect()
		return !s.IsTestOnly() && leaf(s.FieldName(), s.Operand())
	case ast.IdentKind:
		name := e.AsIdent()
		return slices.Contains([]string{"body", "files", "pac"}, name) || slices.Contains(byOthers, name) // of pac as a whole any field may be meant
	case ast.CallKind:
		c := e.AsCall()
		args := c.Args()
		switch {
		case slices.Contains(deciding, c.FunctionName()):
			return false
		case c.FunctionName() == operators.Conditional && len(args) == 3:
			return chosenIn(args[1]) || chosenIn(args[2])
		case c.FunctionName() == operators.Index && len(args) == 2 && args[1].Kind() == ast.LiteralKind:
			name, isText := args[1].AsLiteral().Value().(string)
			return isText && leaf(name, args[0]) || !isText && chosenIn(args[0])
		}
		return c.IsMemberFunction() && chosenIn(c.Target()) || slices.ContainsFunc(args, chosenIn)
	case ast.ListKind:
		return slices.ContainsFunc(e.AsList().Elements(), chosenIn)
	case ast.ComprehensionKind: // exists and all give true or false; map and filter give what they go over
		c := e.AsComprehension()
		if result := c.AccuInit(); result.Kind() == ast.LiteralKind {
			return false
		}
		return chosenIn(c.IterRange()) || chosenIn(c.LoopStep())
	case ast.MapKind, ast.StructKind:
		return true
	}
	return false
}

// leaf tells whether a field of something has letters that the sender chooses.
func leaf(name string, of ast.Expr) bool {
	if of.Kind() == ast.IdentKind && of.AsIdent() == "pac" {
		return slices.Contains(byOthers, name)
	}
	return !slices.Contains(limited, name) && chosenIn(of)
}
