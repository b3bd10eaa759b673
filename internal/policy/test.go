package policy

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
)

// TestResult is the outcome of one Rego test.
type TestResult struct {
	// Name is package and rule of the test.
	Name   string
	Passed bool
	// Error says why a test could not run.
	Error error
}

// Test runs the tests of the rules. They find the rendered objects, as rules see them, in
// data.rendered by kind and name.
func (s *Set) Test(ctx context.Context, rendered map[string]map[string]any) ([]TestResult, error) {
	data := map[string]any{}
	for kind, named := range rendered {
		data[kind] = named
	}
	store := inmem.NewFromObject(map[string]any{"rendered": data})
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		return nil, fmt.Errorf("preparing test data: %w", err)
	}
	defer store.Abort(ctx, txn)
	runner := tester.NewRunner().SetCompiler(s.compiler).SetStore(store).SetModules(s.modules)
	results, err := runner.RunTests(ctx, txn)
	if err != nil {
		return nil, fmt.Errorf("running policy tests: %w", err)
	}
	var all []TestResult
	for r := range results {
		all = append(all, TestResult{
			Name:   strings.TrimPrefix(r.Package, "data.") + "." + r.Name,
			Passed: r.Pass(), Error: r.Error,
		})
	}
	slices.SortFunc(all, func(a, b TestResult) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}
