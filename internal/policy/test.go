package policy

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
)

// Uncovered is a line of a rule that no test evaluated.
type Uncovered struct {
	File string
	Line int
}

// TestResult is the outcome of one Rego test.
type TestResult struct {
	// Name is package and rule of the test.
	Name   string
	Passed bool
	// Error says why a test could not run.
	Error error
}

// Test runs the tests of the rules. They find the rendered objects, as rules see them, in
// data.rendered by kind and name, and a comparison of two revisions, as rules about changes see it, in
// data.change.
func (s *Set) Test(ctx context.Context, rendered map[string]map[string]any, change map[string]any) ([]TestResult, []Uncovered, error) {
	data := map[string]any{}
	for kind, named := range rendered {
		data[kind] = named
	}
	all := maps.Clone(s.data)
	all["rendered"] = data
	all["change"] = change
	if err := s.parseAll(true); err != nil {
		return nil, nil, err
	}
	s.compiler = nil // one that knows the tests, too
	compiler, err := s.whole()
	if err != nil {
		return nil, nil, err
	}
	store := inmem.NewFromObject(all)
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("preparing test data: %w", err)
	}
	defer store.Abort(ctx, txn)
	coverage := cover.New()
	runner := tester.NewRunner().SetCompiler(compiler).SetCoverageQueryTracer(coverage).SetStore(store).SetModules(s.modules)
	results, err := runner.RunTests(ctx, txn)
	if err != nil {
		return nil, nil, fmt.Errorf("running policy tests: %w", err)
	}
	var done []TestResult
	for r := range results {
		done = append(done, TestResult{
			Name:   strings.TrimPrefix(r.Package, "data.") + "." + r.Name,
			Passed: r.Pass(), Error: r.Error,
		})
	}
	slices.SortFunc(done, func(a, b TestResult) int { return strings.Compare(a.Name, b.Name) })
	return done, uncovered(coverage.Report(s.modules)), nil
}

func uncovered(report cover.Report) []Uncovered {
	var lines []Uncovered
	for _, file := range slices.Sorted(maps.Keys(report.Files)) {
		if strings.HasSuffix(file, "_test.rego") {
			continue
		}
		for _, r := range report.Files[file].NotCovered {
			lines = append(lines, Uncovered{file, r.Start.Row})
		}
	}
	return lines
}
