package gate

import (
	"slices"
	"strings"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/finding"
)

func (m *meaning) waivers(base, head []check.Environment) {
	before, after := waiversOf(base), waiversOf(head)
	for _, w := range after {
		i := slices.IndexFunc(before, func(old waiver) bool { return old.covers(w) })
		op := "added"
		if i >= 0 {
			if before[i].Expires == w.Expires {
				continue
			}
			op = "extended"
			if w.Expires != "" && (before[i].Expires == "" || w.Expires < before[i].Expires) {
				op = "shortened"
			}
		}
		added := item{"what": "waiver", "op": op, "name": w.Name, "rule": w.Rule, "of": w.Object, "until": w.Expires, "reason": w.Reason, "owner": w.Owner}
		if w.Source != nil {
			added["source"] = w.Source
		}
		m.add("trust", added, finding.Target{})
	}
	for _, w := range before {
		if !slices.ContainsFunc(after, w.same) {
			m.add("trust", item{"what": "waiver", "op": "removed", "name": w.Name, "rule": w.Rule, "of": w.Object}, finding.Target{})
		}
	}
}

// waiver is a waiver with where it holds, which it need not say itself.
type waiver struct {
	finding.Waiver
	where []string
}

func waiversOf(environments []check.Environment) []waiver {
	var all []waiver
	for _, w := range check.Waivers(environments) {
		where := w.Targets
		for _, e := range environments {
			if len(w.Targets) == 0 {
				where = append(where, e.Name)
			}
		}
		all = append(all, waiver{w, where})
	}
	return all
}

// same tells whether two waivers are about the same, wherever they hold.
func (w waiver) same(other waiver) bool {
	return w.Rule == other.Rule && w.Object == other.Object && w.Field == other.Field
}

// covers tells whether another waiver lets off nothing that this one does not.
func (w waiver) covers(other waiver) bool {
	return w.same(other) && !slices.ContainsFunc(other.where, func(t string) bool { return !w.holds(t) })
}

// holds tells whether a waiver holds in a target, written as environment or environment/phase.
func (w waiver) holds(target string) bool {
	environment, _, _ := strings.Cut(target, "/")
	return slices.Contains(w.where, target) || slices.Contains(w.where, environment)
}
