package finding_test

import (
	"encoding/json"
	"testing"
	"time"

	"tenon.dev/tenon/internal/finding"
)

func in(phases ...string) (targets []finding.Target) {
	for _, p := range phases {
		targets = append(targets, finding.Target{Environment: "prod", Phase: p})
	}
	return targets
}

func broken(targets []finding.Target) finding.Finding {
	return finding.Finding{
		Rule: "gpu/one-step", Severity: finding.Error, Message: "two steps ask",
		Object: &finding.Object{Kind: "Task", Name: "train"}, Field: "spec.steps[1]", Targets: targets,
	}
}

func TestMergeJoinsTargets(t *testing.T) {
	merged := finding.Merge([]finding.Finding{broken(in("phase2")), broken(in("phase1")), broken(in("phase2"))})
	if len(merged) != 1 || len(merged[0].Targets) != 2 || merged[0].Targets[0].Phase != "phase1" {
		t.Errorf("got %+v", merged)
	}
	other := broken(in("phase1"))
	other.Field = "spec.steps[2]"
	if merged := finding.Merge([]finding.Finding{broken(in("phase1")), other}); len(merged) != 2 {
		t.Errorf("two places became %d findings", len(merged))
	}
}

func TestWaive(t *testing.T) {
	day := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	waiver := finding.Waiver{Name: "w", Rule: "gpu/one-step", Object: "Task/train", Reason: "r", Owner: "o", Expires: "2026-06-01"}
	for name, test := range map[string]struct {
		change func(*finding.Waiver)
		now    time.Time
		waived int
		rules  map[string]int
	}{
		"on its last day it holds":        {func(*finding.Waiver) {}, day, 1, map[string]int{"gpu/one-step": 1}},
		"a day later it does not":         {func(*finding.Waiver) {}, day.AddDate(0, 0, 1), 0, map[string]int{"gpu/one-step": 1, "waiver/expired": 1}},
		"another object":                  {func(w *finding.Waiver) { w.Object = "Task/other" }, day, 0, map[string]int{"gpu/one-step": 1, "waiver/unused": 1}},
		"another field":                   {func(w *finding.Waiver) { w.Field = "spec.steps[0]" }, day, 0, map[string]int{"gpu/one-step": 1, "waiver/unused": 1}},
		"one phase: the finding is split": {func(w *finding.Waiver) { w.Targets = []string{"prod/phase1"} }, day, 1, map[string]int{"gpu/one-step": 2}},
	} {
		t.Run(name, func(t *testing.T) {
			w := waiver
			test.change(&w)
			found := finding.Waive([]finding.Finding{broken(in("phase1", "phase2"))}, []finding.Waiver{w}, test.now)
			rules, waived := map[string]int{}, 0
			for _, f := range found {
				rules[f.Rule]++
				if f.Waiver != nil {
					waived++
				}
			}
			if waived != test.waived || len(rules) != len(test.rules) {
				t.Errorf("%d waived, rules %v", waived, rules)
			}
			for rule, n := range test.rules {
				if rules[rule] != n {
					t.Errorf("%d of %s, want %d", rules[rule], rule, n)
				}
			}
		})
	}
}

func TestReportFails(t *testing.T) {
	warning := broken(nil)
	warning.Severity = finding.Warning
	r := finding.NewReport([]finding.Finding{warning}, finding.Summary{})
	if r.Fails(finding.Error) || !r.Fails(finding.Warning) {
		t.Error("a warning fails at error, or not at warning")
	}
	waived := broken(nil)
	waived.Waiver = &finding.Waiver{}
	if finding.NewReport([]finding.Finding{waived}, finding.Summary{}).Fails(finding.Info) {
		t.Error("a waived finding fails")
	}
}

// The shape of the JSON is a promise.
func TestJSON(t *testing.T) {
	f := broken(in("phase1"))
	f.Remedy, f.Source = "ask once", &finding.Position{File: "a.cue", Line: 1, Column: 2}
	f.Waiver = &finding.Waiver{Name: "w", Rule: "r", Reason: "because", Owner: "team"}
	text, err := json.Marshal(finding.NewReport([]finding.Finding{f}, finding.Summary{Objects: 1}))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"schemaVersion":1,"findings":[{"rule":"gpu/one-step","severity":"error","message":"two steps ask","remedy":"ask once",` +
		`"object":{"kind":"Task","name":"train"},"field":"spec.steps[1]","source":{"file":"a.cue","line":1,"column":2},` +
		`"targets":[{"environment":"prod","phase":"phase1"}],"waiver":{"reason":"because","owner":"team"}}],` +
		`"summary":{"objects":1,"targets":0,"rules":0,"errors":0,"warnings":0,"infos":0,"waived":1,"skipped":0}}`
	if string(text) != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}
