package pac

import (
	"fmt"
	"strings"

	"github.com/google/cel-go/cel"

	"tenon.dev/tenon/internal/finding"
)

// environment is what an expression may name (celEvaluate of pkg/matcher/cel.go), with parameters that Repositories
// declare.
func environment(declared []string) (*cel.Env, error) {
	dynamic := cel.MapType(cel.StringType, cel.DynType)
	options := []cel.EnvOption{
		cel.Variable("headers", dynamic), cel.Variable("body", dynamic), cel.Variable("files", dynamic),
		cel.Function("pathChanged", cel.MemberOverload("pathChanged", []*cel.Type{cel.StringType}, cel.BoolType)),
	}
	known := map[string]bool{"headers": true, "body": true, "files": true}
	for _, name := range append([]string{"event", "event_type", "event_title", "target_branch", "source_branch", "target_url", "source_url"}, declared...) {
		if !known[name] && named.MatchString(name) {
			known[name] = true
			options = append(options, cel.Variable(name, cel.StringType))
		}
	}
	return cel.NewEnv(options...)
}

// maxExpression bounds an expression: the parser goes by recursion.
const maxExpression = 32 << 10

// wrong says why an expression is never true, and how bad that is; it is empty where it may be.
func wrong(expression string, declared []string) (string, finding.Severity) {
	if len(expression) > maxExpression {
		return "on-cel-expression is longer than what is read here", finding.Warning
	}
	env, err := environment(declared)
	if err != nil {
		return "", finding.Info
	}
	parsed, issues := env.Parse(expression)
	if issues.Err() != nil {
		return "on-cel-expression does not compile: " + first(issues), finding.Error
	}
	checked, issues := env.Check(parsed)
	switch {
	case issues.Err() != nil && onlyUndeclared(issues):
		return "on-cel-expression does not compile, unless a Repository declares the parameter: " + first(issues), finding.Warning
	case issues.Err() != nil:
		return "on-cel-expression does not compile: " + first(issues), finding.Error
	case !checked.OutputType().IsExactType(cel.BoolType) && !checked.OutputType().IsExactType(cel.DynType):
		return fmt.Sprintf("on-cel-expression is a %s, and never true", checked.OutputType()), finding.Error
	}
	return "", finding.Info
}

// first is the first of what CEL says, on one line.
func first(issues *cel.Issues) string {
	return finding.Clip(strings.TrimSpace(issues.Errors()[0].Message))
}

// onlyUndeclared tells whether nothing is wrong but that a name is declared nowhere in sight.
func onlyUndeclared(issues *cel.Issues) bool {
	for _, e := range issues.Errors() {
		if !strings.HasPrefix(e.Message, "undeclared reference to") || strings.Contains(e.Message, "pathChanged") {
			return false
		}
	}
	return true
}
