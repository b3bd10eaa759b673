package typed

import (
	"strings"
	"testing"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// TestOperators: a kind of an operator that is known is no mistake in manifests from anywhere; one that its group lacks,
// and any in a platform that does not state it, is told.
func TestOperators(t *testing.T) {
	for _, c := range []struct {
		kind     string
		complete bool
		rule     string
		severity finding.Severity
		says     string
	}{
		{"TektonConfig", false, "types/not-validated", finding.Info, "no schema of that operator"},
		{"TektonConfg", false, "types/unknown-kind", finding.Warning, "is TektonConfig meant?"},
		{"TektonConfig", true, "types/unknown-kind", finding.Error, "facts.customResources"},
	} {
		checker, err := New(Settings{Complete: c.complete}, nil)
		if err != nil {
			t.Fatal(err)
		}
		objects := manifest.Parse("a.yaml", []byte("apiVersion: operator.tekton.dev/v1alpha1\nkind: "+c.kind+"\nmetadata: {name: config}\n")).Objects
		found := checker.Check(objects[0])
		if len(found) != 1 || found[0].Rule != c.rule || found[0].Severity != c.severity || !strings.Contains(found[0].Message+found[0].Remedy, c.says) {
			t.Errorf("%s: %v", c.kind, found)
		}
	}
}
