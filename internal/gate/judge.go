package gate

import (
	"slices"
	"strings"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/report"
)

// judge parts the findings of the head into new and known ones, by what was found in the base.
type judge struct {
	g       *gate
	summary finding.Summary
	before  []finding.Finding
}

// judge settles both sides by the levels and waivers of the base. What is about the change itself is
// always new.
func (j *judge) judge(now, about []finding.Finding) report.Page {
	levels := check.Levels(j.g.base.Environments)
	waivers := j.g.waivers()
	old := j.g.checker.Settle(j.before, levels, waivers, j.g.Now, &finding.Summary{})
	head := j.g.checker.Settle(slices.Concat(now, about), levels, waivers, j.g.Now, &j.summary)
	head = append(head, j.g.checker.Settle(j.unfit(now), levels, nil, j.g.Now, &finding.Summary{})...)

	known := finding.Ledger{}
	for _, f := range j.onCluster(old) {
		known.Add(f)
	}
	c := report.Page{}
	var all []finding.Finding
	for _, f := range head {
		all = append(all, known.Part(f)...)
	}
	has := map[string]bool{}
	for _, f := range head {
		for _, id := range slices.Concat(f.Identities()...) {
			has[id] = true
		}
	}
	for _, f := range old {
		if f.Waiver == nil && !slices.ContainsFunc(slices.Concat(f.Identities()...), func(id string) bool { return has[id] }) {
			c.Fixed = append(c.Fixed, f)
		}
	}
	j.summary.Rules = j.g.checker.Counted(true)
	c.Report = finding.NewReport(finding.Merge(all), j.summary)
	c.FailOn = j.failOn()
	c.All = j.g.All
	c.Verdict = report.Passed
	if slices.ContainsFunc(c.Findings, c.Blocks) {
		c.Verdict = report.Blocked
	}
	return c
}

// onCluster leaves out of what was found that which was on no cluster: where an environment moves to another phase, what
// was wrong with that one is new there, unless it is wrong with the phase that it leaves, too.
func (j *judge) onCluster(found []finding.Finding) []finding.Finding {
	moved := map[finding.Target]finding.Target{}
	for _, now := range j.g.head.Environments {
		if old := environment(j.g.base.Environments, now.Name); old != nil && old.Current != now.Current {
			moved[finding.Target{Environment: now.Name, Phase: now.Current}] = finding.Target{Environment: now.Name, Phase: old.Current}
		}
	}
	if len(moved) == 0 {
		return found
	}
	var kept []finding.Finding
	for _, f := range found {
		had := f.Targets
		f.Targets = slices.DeleteFunc(slices.Clone(had), func(t finding.Target) bool {
			left, isMoved := moved[t]
			return isMoved && !slices.Contains(had, left)
		})
		if len(f.Targets) > 0 || len(had) == 0 {
			kept = append(kept, f)
		}
	}
	return kept
}

// waivers are those of the base that the head has not taken back, where both have them.
func (g *gate) waivers() []finding.Waiver {
	head := waiversOf(g.head.Environments)
	var kept []finding.Waiver
	for _, w := range waiversOf(g.base.Environments) {
		for _, now := range head {
			if !w.same(now) {
				continue
			}
			both := w.Waiver
			if !slices.Equal(w.where, now.where) {
				both.Targets = slices.DeleteFunc(slices.Clone(now.where), func(t string) bool { return !w.holds(t) })
				if len(both.Targets) == 0 {
					continue
				}
			}
			kept = append(kept, both)
		}
	}
	return kept
}

// unfit are the waivers that the head adds and that would let nothing off, or have expired already.
func (j *judge) unfit(now []finding.Finding) []finding.Finding {
	base := waiversOf(j.g.base.Environments)
	var added []finding.Waiver
	for _, w := range waiversOf(j.g.head.Environments) {
		if !slices.ContainsFunc(base, func(old waiver) bool { return old.covers(w) }) {
			added = append(added, w.Waiver)
		}
	}
	waived := finding.Waive(finding.Merge(slices.Clone(now)), added, j.g.Now)
	return slices.DeleteFunc(waived, func(f finding.Finding) bool { return !strings.HasPrefix(f.Rule, "waiver/") })
}

// failOn is the lower of what the base asks for and what the command line does.
func (j *judge) failOn() finding.Severity {
	severity := finding.Error
	for _, e := range j.g.base.Environments {
		if stated, err := finding.ParseSeverity(e.State.Gate.FailOn); err == nil && stated < severity {
			severity = stated
		}
	}
	if j.g.FailOn != nil && *j.g.FailOn < severity {
		severity = *j.g.FailOn
	}
	return severity
}
