package cli

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// The files end in .txt so that they are not taken for rules of this module.
//
//go:embed newrule/rule.rego.txt
var starterRule string

//go:embed newrule/rule_test.rego.txt
var starterRuleTest string

var ruleName = regexp.MustCompile(`^[a-z]+(-[a-z]+)*/[a-z]+(-[a-z]+)*$`)

func (a *app) policyNewCommand() *cobra.Command {
	return &cobra.Command{
		Use: "new CATEGORY/NAME [FOLDER]", Short: "Write a rule and its test to start from",
		Long: `new writes FOLDER/category/name.rego with its test beside it; FOLDER is policies by default.
The rule fires on every Deployment without the label team: change it to what you want.`,
		Example: "  tenon policy new operations/team-label\n  tenon policy test policies\n  tenon check --policy policies",
		Args:    cobra.MatchAll(atLeastOne("the id of the rule, such as operations/team-label"), cobra.MaximumNArgs(2)),
		RunE: func(_ *cobra.Command, args []string) error {
			folder := "policies"
			if len(args) > 1 {
				folder = args[1]
			}
			return a.newRule(args[0], filepath.Join(a.dir, folder))
		},
	}
}

func (a *app) newRule(id, folder string) error {
	if !ruleName.MatchString(id) {
		return usagef("%q is no id of a rule: write category/name in small letters and dashes", id)
	}
	category, name, _ := strings.Cut(id, "/")
	fill := strings.NewReplacer("CATEGORY", strings.ReplaceAll(category, "-", "_"), "NAME", strings.ReplaceAll(name, "-", "_"), "ID", id)
	base := filepath.Join(folder, category, strings.ReplaceAll(name, "-", "_"))
	files := []struct{ name, text string }{{base + ".rego", starterRule}, {base + "_test.rego", starterRuleTest}}
	for _, f := range files {
		if _, err := os.Lstat(f.name); err == nil {
			return usagef("%s exists already and is left as it is", f.name)
		}
	}
	for _, f := range files {
		if err := writable(f.name); err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(f.name), 0o755); err != nil {
			return fmt.Errorf("writing the rule: %w", err)
		}
		if err := os.WriteFile(f.name, []byte(fill.Replace(f.text)), 0o666); err != nil {
			return fmt.Errorf("writing the rule: %w", err)
		}
	}
	fmt.Fprintf(a.stdout, "%s.rego\n%s_test.rego\n", base, base)
	a.say("next:\n  edit both: the rule fires on every Deployment without the label team\n  tenon policy test %s\n  tenon check --policy %s", folder, folder)
	return nil
}
