package gate

import (
	"fmt"
	"slices"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/finding"
)

// phase adds that a cluster goes from the phase of one environment to that of another, or of the same.
func (m *meaning) phase(before, after check.Environment) {
	old, now := before.State.Phases[before.Current], after.State.Phases[after.Current]
	m.add("rollout", item{
		"op": "phase", "environment": after.Name, "before": before.Current, "after": after.Current,
		"shareBefore": old.TrafficPercent, "shareAfter": now.TrafficPercent,
		"steps":  steps(before, after),
		"known":  slices.Contains(after.Phases, before.Current),
		"source": after.Place(fmt.Sprintf("environments.%q.phase", after.Name)), "targets": []finding.Target{{Environment: after.Name, Phase: after.Current}},
	}, finding.Target{})
}

// environment adds what an environment states beside its objects: the rollout, and the ceilings of
// node pools.
func (m *meaning) environment(before, after check.Environment) {
	none := finding.Target{}
	if before.Cluster != after.Cluster {
		m.add("power", item{
			"op": "changed", "object": finding.Object{Kind: "Environment", Name: after.Name}, "field": "cluster", "why": deploys,
			"source": after.Place(fmt.Sprintf("environments.%q.cluster", after.Name)),
		}, finding.Target{Environment: after.Name, Phase: after.Current})
	}
	if before.Current != after.Current {
		m.phase(before, after)
	}
	for _, phase := range after.Phases {
		was, known := before.State.Phases[phase]
		is := after.State.Phases[phase]
		at := []finding.Target{{Environment: after.Name, Phase: phase}}
		if known && was.TrafficPercent != is.TrafficPercent {
			m.add("rollout", item{
				"op": "share", "environment": after.Name, "phase": phase, "current": phase == after.Current, "skips": skips(before, phase, is.TrafficPercent),
				"shareBefore": was.TrafficPercent, "shareAfter": is.TrafficPercent,
				"source": after.Place(fmt.Sprintf("phases.%q.trafficPercent", phase)), "targets": at,
			}, none)
		}
		if known {
			place := after.Place(fmt.Sprintf("phases.%q.concurrentRuns", phase))
			m.count(at[0], amount{what: "concurrent runs", resource: "runs", source: place}, was.ConcurrentRuns, is.ConcurrentRuns)
		}
	}
	m.pools(before, after)
}

// steps are the phases that an environment goes on, in the order that the base has them in: a change of their shares
// does not bring them nearer to each other. A phase that the base does not have is as far as its share is beyond others.
func steps(before, after check.Environment) int {
	if slices.Contains(before.Phases, after.Current) {
		return slices.Index(before.Phases, after.Current) - slices.Index(before.Phases, before.Current)
	}
	from, to := before.State.Phases[before.Current].TrafficPercent, after.State.Phases[after.Current].TrafficPercent
	if to <= from {
		return slices.Index(after.Phases, after.Current) - slices.Index(after.Phases, before.Current)
	}
	return 1 + between(before, from, to)
}

// between counts the shares of the base's phases between two.
func between(before check.Environment, from, to int) int {
	seen := map[int]bool{}
	for _, p := range before.State.Phases {
		if p.TrafficPercent > from && p.TrafficPercent < to {
			seen[p.TrafficPercent] = true
		}
	}
	return len(seen)
}

// skips tells whether the phase that an environment is in takes a share of commits beyond that of the next one.
func skips(before check.Environment, phase string, share int) bool {
	return phase == before.Current && share > before.State.Phases[phase].TrafficPercent && between(before, before.State.Phases[phase].TrafficPercent, share) > 0
}
