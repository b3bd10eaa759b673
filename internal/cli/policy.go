package cli

import "github.com/spf13/cobra"

func (a *app) policyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "policy", Short: "Show, test and write rules",
		Args: noArguments, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.bound(a.policyListCommand(), (*limits).registerLarge), a.bound(a.policyExplainCommand(), (*limits).registerLarge), a.bound(a.policyTestCommand(), (*limits).registerLarge), a.policyNewCommand())
	return cmd
}

// policyListCommand and policyExplainCommand are the older names of what rules does.
func (a *app) policyListCommand() *cobra.Command { return a.rulesListCommand() }

func (a *app) policyExplainCommand() *cobra.Command {
	cmd := a.rulesExplainCommand()
	cmd.Example = "  tenon policy explain pipeline/param-in-script"
	return cmd
}
