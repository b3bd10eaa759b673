// Package confine knows what code that comes with a repository may do: which of Rego's builtins it may
// call, how deep CUE may be nested, and how much time and memory a whole run of tenon may take. It
// knows nothing of what that code is about.
package confine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// refused are the builtins that Rego must not call: the network, the clock, the environment and chance
// would give the same input another verdict, and whoever writes a rule would act as whoever runs it.
var refused = []string{
	"http.send", "net.lookup_ip_addr", "opa.runtime", "rand.intn", "time.now_ns", "uuid.rfc4122", "trace",
}

// Rego is what rules and policies may call. Nothing of it reaches the network or a file.
func Rego() *ast.Capabilities {
	localSchemas()
	capabilities := ast.CapabilitiesForThisVersion()
	capabilities.Builtins = slices.DeleteFunc(capabilities.Builtins, func(b *ast.Builtin) bool {
		return slices.Contains(refused, b.Name)
	})
	capabilities.AllowNet = []string{}
	return capabilities
}

// Refused names the builtin that an error of the compiler is about, where it is one that Rego must not
// call; else it is empty.
func Refused(err error) string {
	for _, name := range refused {
		if strings.Contains(err.Error(), "undefined function "+name) {
			return name
		}
	}
	return ""
}

// Eval asks a query, and does not wait longer than the context says: a builtin that is at work is not
// stopped by it, and goes on beside the rest until tenon ends.
func Eval(ctx context.Context, query rego.PreparedEvalQuery, options ...rego.EvalOption) (rego.ResultSet, error) {
	type answer struct {
		results rego.ResultSet
		err     error
	}
	done := make(chan answer, 1)
	go func() {
		defer func() {
			if reason := recover(); reason != nil {
				done <- answer{err: fmt.Errorf("the evaluator breaks down: %v", reason)}
			}
		}()
		results, err := query.Eval(ctx, options...)
		done <- answer{results, err}
	}()
	select {
	case a := <-done:
		return a.results, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// localSchemas keeps the builtins that validate by a JSON schema from loading one: allow_net holds for
// hosts, and a schema may also refer to a file
// (https://github.com/open-policy-agent/opa/blob/v1.22.2/internal/gojsonschema/jsonLoader.go).
var localSchemas = sync.OnceFunc(func() {
	for name, operand := range map[string]int{ast.JSONSchemaVerify.Name: 0, ast.JSONMatchSchema.Name: 1} {
		original := topdown.GetBuiltin(name)
		topdown.RegisterBuiltinFunc(name, func(bctx topdown.BuiltinContext, operands []*ast.Term, iter func(*ast.Term) error) error {
			if reference := elsewhere(operands[operand].Value); reference != "" {
				return topdown.Halt{Err: fmt.Errorf("%s: the schema refers to %s: only references within a schema (#/...) are followed", name, reference)}
			}
			return original(bctx, operands, iter)
		})
	}
})

// elsewhere finds a reference of a schema that leads out of it. A schema may also be a text of JSON.
func elsewhere(schema ast.Value) string {
	if text, ok := schema.(ast.String); ok {
		parsed, err := ast.ValueFromReader(strings.NewReader(string(text)))
		if err != nil {
			return "" // the builtin says that it does not parse
		}
		schema = parsed
	}
	found, named, refers := "", "", false
	ast.WalkTerms(ast.NewTerm(schema), func(t *ast.Term) bool {
		object, ok := t.Value.(ast.Object)
		if !ok {
			return false
		}
		object.Foreach(func(key, value *ast.Term) {
			text, isText := value.Value.(ast.String)
			name, _ := key.Value.(ast.String)
			if !isText {
				return
			}
			reference := strings.TrimSpace(string(text))
			switch {
			case name == "$ref" && strings.HasPrefix(reference, "#"):
				refers = true
			case name == "$ref":
				found = reference
			case (name == "$id" || name == "id") && !strings.HasPrefix(reference, "#"):
				named = reference
			}
		})
		return false
	})
	if found == "" && refers { // beside a name of its own a reference within is one to elsewhere
		return named
	}
	return found
}
