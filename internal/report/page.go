package report

import (
	"slices"

	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/finding"
)

// Page is what a report shows: the findings of a check and, where two revisions are compared, what
// the change is.
type Page struct {
	finding.Report

	// Verdict is empty where nothing is compared.
	Verdict Verdict `json:"verdict,omitempty"`
	// Platform that the page is of; empty for manifests.
	Platform string `json:"-"`
	// Base and Head name the revisions.
	Base string `json:"base,omitempty"`
	Head string `json:"head,omitempty"`
	// FailOn is the lowest severity that blocks.
	FailOn finding.Severity `json:"failOn,omitzero"`
	// All says that findings of the base block, too.
	All bool `json:"all,omitempty"`
	// Notes are what the reader should know of the comparison itself.
	Notes []string `json:"notes,omitempty"`
	// Fixed are findings that only the base has.
	Fixed []finding.Finding `json:"fixed,omitempty"`
	// Changes of the objects.
	Changes []diff.Object `json:"changes,omitempty"`
	// Meaning is what the rules about changes saw, as input.change.
	Meaning map[string]any `json:"meaning,omitempty"`
	// Targets with their state.
	Targets []Target `json:"targets,omitempty"`

	// Pipelines and Pools are drawn by the formats that people look at.
	Pipelines []Pipeline `json:"-"`
	Pools     []Pool     `json:"-"`
}

// Verdict says whether a change may be merged.
type Verdict string

// The verdicts.
const (
	Passed  Verdict = "passed"
	Blocked Verdict = "blocked"
	// Compared: nothing was judged.
	Compared Verdict = "compared"
)

// Blocks tells whether a finding blocks the merge.
func (p Page) Blocks(f finding.Finding) bool {
	return f.Waiver == nil && f.Severity >= p.FailOn && (f.Status == finding.New || p.All)
}

// Target is the state of one target.
type Target struct {
	finding.Target
	// Current says that the environment is in this phase.
	Current bool `json:"current"`
	// TrafficPercent is the share of commits that the phase runs.
	TrafficPercent int `json:"trafficPercent"`
	Objects        int `json:"objects"`
	Errors         int `json:"errors"`
	Warnings       int `json:"warnings"`
	New            int `json:"new"`
	// Changed counts objects that came, went or changed.
	Changed int `json:"changed"`
}

// Pipeline is a pipeline as a graph.
type Pipeline struct {
	Name  string
	Tasks []PipelineTask
}

// PipelineTask is one node of the graph.
type PipelineTask struct {
	Name  string
	After []string
	// Finally says that it runs after all others.
	Finally bool
	// Change is what happened to it or to its Task; empty where nothing did.
	Change diff.Op
	// Pool that its pod is placed on, where that is known.
	Pool string
}

// Pool is a node pool with what is placed on it.
type Pool struct {
	Environment, Name, GPU string
	Max                    int
	Tasks                  []string
}

// fails tells whether a finding fails the run, compared or not.
func (p Page) fails(f finding.Finding) bool {
	if p.Verdict != "" {
		return p.Blocks(f)
	}
	return f.Waiver == nil && f.Severity >= p.FailOn
}

// byRank copies findings, what blocks first.
func byRank(p Page, found []finding.Finding) []finding.Finding {
	found = slices.Clone(found)
	slices.SortStableFunc(found, func(a, b finding.Finding) int { return rank(p, b) - rank(p, a) })
	return found
}

func rank(p Page, f finding.Finding) int {
	if p.fails(f) {
		return 10 + int(f.Severity)
	}
	return int(f.Severity)
}
