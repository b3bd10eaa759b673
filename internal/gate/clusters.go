package gate

import (
	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/diff"
)

// clusters adds what changes on a cluster where another phase or environment is deployed to it than before: what a
// cluster has is what its environment's phase renders, and all of that is put in the place of what was there.
func (g *gate) clusters(m *meaning, known baseline) {
	for _, now := range g.head.Environments {
		for _, old := range g.deployed(now) {
			before, after := current(old), current(now)
			if len(before.Objects) == 0 || len(after.Objects) == 0 {
				continue
			}
			m.target(after.Target, before.Objects, after.Objects)
			if old.Name != now.Name && old.Cluster == now.Cluster && old.Current != now.Current {
				m.phase(old, now)
			}
			if old.Cluster == now.Cluster {
				m.lost(after.Target, diff.Objects(before.Objects, after.Objects))
			}
			m.guards(after.Target, known.only(before.Objects), before.Objects, after.Objects, true)
		}
	}
}

// deployed are the environments of the base, in the phase that each was in, that one of the head takes the place of.
func (g *gate) deployed(now check.Environment) []check.Environment {
	var all []check.Environment
	if old := environment(g.base.Environments, now.Name); old != nil && old.Current != now.Current {
		all = append(all, *old)
	}
	if other := succeeded(g.base.Environments, g.head.Environments, now); other != nil {
		all = append(all, *other)
	}
	return all
}
