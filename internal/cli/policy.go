package cli

import (
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/policy"
	"tenon.dev/tenon/internal/report"
)

func (a *app) policyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "policy", Short: "Show, test and write rules",
		Args: noArguments, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.bound(a.policyListCommand(), (*limits).registerLarge), a.policyExplainCommand(), a.bound(a.policyTestCommand(), (*limits).registerLarge), a.policyNewCommand())
	return cmd
}

func (a *app) policyListCommand() *cobra.Command {
	var folders []string
	cmd := &cobra.Command{
		Use: "list", Short: "List the rules with their severity",
		Example: "  tenon policy list", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			rules, err := loadRules(cmd.Context(), folders)
			if err != nil {
				return err
			}
			table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "RULE\tSEVERITY\tTITLE")
			for _, r := range rules.ByID() {
				fmt.Fprintf(table, "%s\t%s\t%s\n", report.Line(r.ID), r.Severity, report.Line(r.Title))
			}
			return table.Flush()
		},
	}
	cmd.Flags().StringArrayVar(&folders, "policy", nil, "folder with more Rego rules (repeatable)")
	return cmd
}

func (a *app) policyExplainCommand() *cobra.Command {
	return &cobra.Command{
		Use: "explain RULE", Short: "Say why a rule exists and what to do about it",
		Example: "  tenon policy explain pipeline/param-in-script",
		Args:    exactly(1, "the id of a rule, such as gpu/one-step"),
		RunE: func(cmd *cobra.Command, args []string) error {
			rules, err := loadRules(cmd.Context(), nil)
			if err != nil {
				return err
			}
			if entry, ok := check.Catalogue[args[0]]; ok {
				fmt.Fprintf(a.stdout, "## %s\n\n**%s**\n\nEach finding says where, and what to do.\n\nSee <%s>\n", args[0], entry.Title, entry.Link)
				return nil
			}
			i := slices.IndexFunc(rules.Rules, func(r policy.Rule) bool { return r.ID == args[0] })
			if i < 0 {
				return usagef("there is no rule %s\n  try: tenon policy list", args[0])
			}
			fmt.Fprint(a.stdout, report.Value(rules.Rules[i].Markdown()))
			return nil
		},
	}
}
