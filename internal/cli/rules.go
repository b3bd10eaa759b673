package cli

import (
	"fmt"
	"io/fs"
	"strings"
	"text/tabwriter"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"tenon.dev/tenon"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/report"
	"tenon.dev/tenon/internal/rules"
)

// ruled are the flags of commands about rules.
type ruled struct {
	folders []string
	format  string
}

func (r *ruled) register(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&r.folders, "policy", nil, "folder with more Rego rules (repeatable)")
	cmd.Flags().StringVarP(&r.format, "output", "o", "text", "text or json")
}

// with gives a command all rules, and its arguments.
func (r *ruled) with(run func(registry rules.Registry, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if r.format != "text" && r.format != "json" {
			return usagef("-o %s: text or json", r.format)
		}
		loaded, err := loadRules(cmd.Context(), r.folders)
		if err != nil {
			return err
		}
		return run(rules.With(loaded.Stated()), args)
	}
}

func (a *app) rulesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "rules", Short: "List, explain and search all rules",
		Args: noArguments, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.bound(a.rulesListCommand(), (*limits).registerLarge), a.bound(a.rulesExplainCommand(), (*limits).registerLarge), a.bound(a.rulesSearchCommand(), (*limits).registerLarge))
	return cmd
}

func (a *app) rulesListCommand() *cobra.Command {
	var f ruled
	cmd := &cobra.Command{
		Use: "list [CATEGORY]", Short: "List the rules with their severity",
		Example: "  tenon rules list\n  tenon rules list storage", Args: atMostOne("a category"),
		ValidArgsFunction: func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			return rules.With(allRego(cmd)).Categories(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: f.with(func(registry rules.Registry, args []string) error {
			listed := registry.List()
			if len(args) > 0 {
				if listed = registry.In(strings.ToLower(strings.TrimSuffix(args[0], "/"))); len(listed) == 0 {
					return usagef("there is no category %s\n  try: one of %s", args[0], strings.Join(registry.Categories(), ", "))
				}
			}
			return a.showRules(listed, f.format)
		}),
	}
	f.register(cmd)
	return cmd
}

func (a *app) rulesSearchCommand() *cobra.Command {
	var f ruled
	cmd := &cobra.Command{
		Use: "search WORD...", Short: "List the rules whose id, title, reason or remedy has all of the words",
		Example: "  tenon rules search taint\n  tenon rules search network policy", Args: atLeastOne("a word to look for"),
		RunE: f.with(func(registry rules.Registry, args []string) error {
			found := registry.Search(args)
			if len(found) == 0 && f.format == "text" {
				return usagef("no rule has all of: %s\n  try: tenon rules list", strings.Join(args, " "))
			}
			return a.showRules(found, f.format)
		}),
	}
	f.register(cmd)
	return cmd
}

func (a *app) rulesExplainCommand() *cobra.Command {
	var f ruled
	cmd := &cobra.Command{
		Use: "explain RULE", Short: "Say why a rule exists, with an example that breaks it and what to do",
		Example: "  tenon rules explain graph/two-claims", Args: exactly(1, "the id of a rule, such as gpu/one-step"),
		ValidArgsFunction: completeRules,
		RunE: f.with(func(registry rules.Registry, args []string) error {
			rule, ok := registry.Get(args[0])
			if category := strings.TrimSuffix(args[0], "/"); !ok && len(registry.In(category)) > 0 {
				return usagef("%s is a category of rules\n  try: tenon rules list %s", args[0], category)
			}
			if !ok {
				return unknownRule(registry, args[0])
			}
			example := exampleOf(rule.ID)
			if f.format == "json" {
				return a.showJSON(struct {
					finding.Rule
					Example string `json:"example,omitempty"`
				}{rule, example})
			}
			text := rules.Markdown(rule)
			if example != "" {
				text += "\nExample: lines with - break the rule, lines with + are right in their place.\n\n" + indented(example)
			}
			fmt.Fprint(a.stdout, report.Value(text))
			return nil
		}),
	}
	f.register(cmd)
	return cmd
}

func atMostOne(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 1 {
			return usagef("%s wants at most %s\n  try: %s --help", cmd.CommandPath(), what, cmd.CommandPath())
		}
		return nil
	}
}

// showRules writes a table of rules, or all that is known of them.
func (a *app) showRules(listed []finding.Rule, format string) error {
	if format == "json" {
		return a.showJSON(append([]finding.Rule{}, listed...))
	}
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "RULE\tSEVERITY\tIN MANIFESTS\tTITLE")
	for _, r := range listed {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", report.Line(r.ID), r.Weighs(), r.WeighsStandard(), report.Line(r.Title))
	}
	return table.Flush()
}

func unknownRule(registry rules.Registry, id string) error {
	remedy := "tenon rules list, or tenon rules search WORD"
	if near := registry.Near(id); len(near) > 0 {
		remedy = finding.Few(near, 4)
	}
	return usagef("there is no rule %s\n  try: %s", id, remedy)
}

// exampleOf is a manifest with a defect that a rule finds, as a difference from what is right: the lines around the
// difference. The one that has the rule's own name comes before others, which are variants, and of these the shortest.
func exampleOf(id string) string {
	if text, err := tenon.Defects.ReadFile("testdata/defects/" + id + ".diff"); err == nil {
		return difference(string(text))
	}
	var shortest string
	files, _ := fs.Glob(tenon.Defects, "testdata/defects/"+id+"~*.diff")
	for _, file := range files {
		text, err := tenon.Defects.ReadFile(file)
		if cut := difference(string(text)); err == nil && (shortest == "" || len(cut) < len(shortest)) {
			shortest = cut
		}
	}
	return shortest
}

// marks are those by which tests find the line of a defect.
var marks = strings.NewReplacer(" # want next", "", " # want", "", "# want next", "", "# want", "")

// difference compares the two sides of a case anew, without the marks of the tests: lines that are the same on both
// sides are none.
func difference(text string) string {
	var wrong, right strings.Builder
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		mark, rest := " ", ""
		if line != "" {
			mark, rest = line[:1], strings.TrimRight(marks.Replace(line[1:]), " ")
		}
		if mark != "+" {
			wrong.WriteString(rest + "\n")
		}
		if mark != "-" {
			right.WriteString(rest + "\n")
		}
	}
	var b strings.Builder
	hunks := strings.Split(string(diff.Diff("a", []byte(wrong.String()), "b", []byte(right.String()))), "\n")
	for _, line := range hunks {
		switch {
		case strings.HasPrefix(line, "diff "), strings.HasPrefix(line, "--- "), strings.HasPrefix(line, "+++ "), line == "":
		case strings.HasPrefix(line, "@@"):
			b.WriteString(" ...\n")
		default:
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

func indented(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    ") + "\n"
}

// allRego are tenon's own rules in Rego; none where they do not load, which the command itself says.
func allRego(cmd *cobra.Command) []finding.Rule {
	loaded, err := loadRules(cmd.Context(), nil)
	if err != nil {
		return nil
	}
	return loaded.Stated()
}

// completeRules completes the id of a rule in a shell.
func completeRules(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var all []string
	for _, r := range rules.With(allRego(cmd)).List() {
		if strings.HasPrefix(r.ID, typed) {
			all = append(all, r.ID+"\t"+r.Title)
		}
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}
