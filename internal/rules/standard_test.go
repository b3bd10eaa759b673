package rules

import (
	"os"
	"strings"
	"testing"
)

// TestStandard: what is said of severities in manifests from anywhere is about rules that there are, and lowers them.
func TestStandard(t *testing.T) {
	for id, severity := range standard {
		if rule, isGo := Go().Get(id); isGo {
			if severity >= rule.Severity {
				t.Errorf("%s is %s by the standard profile and %s by itself", id, severity, rule.Severity)
			}
			continue
		}
		category, name, _ := strings.Cut(id, "/")
		if _, err := os.Stat("../../policies/" + category + "/" + strings.ReplaceAll(name, "-", "_") + ".rego"); err != nil {
			t.Errorf("there is no rule %s", id)
		}
	}
}
