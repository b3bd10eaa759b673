package policy

import (
	"context"
	"fmt"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"tenon.dev/tenon/internal/confine"
)

// whole compiles all modules, once.
func (s *Set) whole() (*ast.Compiler, error) {
	if s.compiler == nil {
		if err := s.parseAll(false); err != nil {
			return nil, err
		}
		compiler, err := compiled(s.modules)
		if err != nil {
			return nil, err
		}
		s.compiler = compiler
	}
	return s.compiler, nil
}

func compiled(modules map[string]*ast.Module) (*ast.Compiler, error) {
	compiler := ast.NewCompiler().WithCapabilities(confine.Rego())
	compiler.Compile(modules)
	if compiler.Failed() {
		return nil, fmt.Errorf("compiling policies: %w", compiler.Errors)
	}
	return compiler, nil
}

// few is for how many sets of rules modules are compiled by themselves, before all of them are: a file or two has
// objects of few kinds, and compiling is most of what looking at it takes.
const few = 2

// compilerOf is one that knows some rules.
func (s *Set) compilerOf(rules []Rule) (*ast.Compiler, error) {
	if s.compiler != nil || s.unparsed == nil || s.parts >= few {
		return s.whole()
	}
	s.parts++
	names, err := s.lib()
	if err != nil {
		return nil, err
	}
	for _, r := range rules {
		names = append(names, r.File)
	}
	needed := map[string]*ast.Module{}
	for _, name := range names {
		if needed[name], err = s.module(name); err != nil {
			return nil, err
		}
	}
	return compiled(needed)
}

// queryOf asks for the results of some rules.
func (s *Set) queryOf(ctx context.Context, rules []Rule) (rego.PreparedEvalQuery, error) {
	var id strings.Builder
	parts := make([]string, len(rules))
	for i, r := range rules {
		parts[i] = r.results()
		id.WriteString(r.ref + " ")
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if known, ok := s.queries[id.String()]; ok {
		return known, nil
	}
	compiler, err := s.compilerOf(rules)
	if err != nil {
		return rego.PreparedEvalQuery{}, err
	}
	query, err := s.query(ctx, compiler, parts)
	if err == nil {
		s.queries[id.String()] = query
	}
	return query, err
}

// over are the rules that can find something in an input.
func (s *Set) over(sees input, input map[string]any) []Rule {
	var all []Rule
	for _, r := range s.Rules {
		if r.sees == sees && (sees != oneObject || r.at.mayFire(input)) {
			all = append(all, r)
		}
	}
	return all
}

// prepareExceptions asks for the exception rules of conftest policies
// (https://www.conftest.dev/exceptions/).
func (s *Set) prepareExceptions(ctx context.Context) error {
	for _, module := range s.modules {
		pkg := module.Package.Path.String()
		for _, r := range module.Rules {
			if r.Head.Ref().String() != "exception" {
				continue
			}
			query, err := rego.New(rego.Compiler(s.compiler), rego.Capabilities(s.compiler.Capabilities()), rego.Store(inmem.NewFromObject(s.data)),
				rego.Query(fmt.Sprintf("x := {n | some names in %s.exception; some n in names}", pkg))).PrepareForEval(ctx)
			if err != nil {
				return fmt.Errorf("preparing exceptions of %s: %w", pkg, err)
			}
			s.exceptions[pkg] = query
		}
	}
	return nil
}

// query asks for the results of all rules at once, each as a set.
func (s *Set) query(ctx context.Context, compiler *ast.Compiler, parts []string) (rego.PreparedEvalQuery, error) {
	query := rego.New(rego.Compiler(compiler), rego.Capabilities(compiler.Capabilities()), rego.Store(inmem.NewFromObject(s.data)), rego.Query("x := ["+strings.Join(parts, ", ")+"]"))
	prepared, err := query.PrepareForEval(ctx)
	if err != nil {
		return prepared, fmt.Errorf("preparing policies: %w", err)
	}
	return prepared, nil
}

// results is the term for what a rule found.
func (r Rule) results() string {
	if r.single {
		return fmt.Sprintf("{r | some r in %s}", r.ref)
	}
	return r.ref
}
