package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/platform"
	"tenon.dev/tenon/internal/policy"
	"tenon.dev/tenon/internal/report"
)

func (a *app) policyTestCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "test FOLDER...", Short: "Run the Rego tests of rules, and say which lines they leave out",
		Long: `test runs the tests of the rules in folders, which see what the platform renders in
data.rendered by kind and name, as tenon's rules see it. Without a platform there is none.`,
		Example: "  tenon policy test policies",
		Args:    atLeastOne("a folder with .rego files"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.testPolicies(cmd.Context(), args)
		},
	}
	return cmd
}

func atLeastOne(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usagef("%s wants %s\n  try: %s --help", cmd.CommandPath(), what, cmd.CommandPath())
		}
		return nil
	}
}

func (a *app) testPolicies(ctx context.Context, folders []string) error {
	rules, err := loadOwn(ctx, folders)
	if err != nil {
		return err
	}
	rendered, err := a.rendered()
	if err != nil {
		return err
	}
	results, uncovered, err := rules.Test(ctx, rendered, nil)
	if err != nil {
		return err
	}
	if len(results) == 0 {
		return usagef("there is no test in %v: a test is a rule whose name starts with test_, in a file that ends in _test.rego", folders)
	}
	failed := 0
	for _, r := range results {
		if r.Passed {
			continue
		}
		failed++
		fmt.Fprintf(a.stdout, "FAIL %s", report.Line(r.Name))
		if r.Error != nil {
			fmt.Fprintf(a.stdout, ": %s", report.Line(r.Error.Error()))
		}
		fmt.Fprintln(a.stdout)
	}
	for _, u := range uncovered {
		fmt.Fprintf(a.stdout, "%s:%d: no test gets here\n", report.Line(u.File), u.Line)
	}
	fmt.Fprintf(a.stdout, "%d tests, %d failed, %d lines without a test\n", len(results), failed, len(uncovered))
	if failed > 0 {
		return errFindings
	}
	return nil
}

// loadOwn compiles the rules of folders without tenon's own.
func loadOwn(ctx context.Context, folders []string) (*policy.Set, error) {
	sources, err := policySources(ctx, folders)
	if err != nil {
		return nil, err
	}
	rules, err := policy.Load(ctx, sources...)
	if err != nil {
		return nil, usageError{err}
	}
	return rules, nil
}

// rendered gives what the first target of the platform renders, as rules see it; nothing where
// there is no platform.
func (a *app) rendered() (map[string]map[string]any, error) {
	folder, err := a.folder()
	if err != nil {
		return nil, err
	}
	environments, found, err := check.Load(folder)
	if errors.Is(err, platform.ErrNoPlatform) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if len(found) > 0 || len(environments) == 0 {
		return nil, fmt.Errorf("the platform does not load: run tenon check")
	}
	return policy.Rendered(environments[0].Targets[0].Objects), nil
}
