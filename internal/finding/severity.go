package finding

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Levels are severities that a team gives to rules instead of their own, by rule id; nil switches
// a rule off.
type Levels map[string]*Severity

// ParseLevel reads info, warning, error or off.
func ParseLevel(text string) (*Severity, error) {
	if text == "off" {
		return nil, nil
	}
	severity, err := ParseSeverity(text)
	if err != nil {
		return nil, fmt.Errorf("unknown level %q: use one of info, warning, error, off", text)
	}
	return &severity, nil
}

// Apply gives findings the levels of their rules, and leaves out those of rules that are off.
func (l Levels) Apply(findings []Finding) []Finding {
	var kept []Finding
	for _, f := range findings {
		level, stated := l[f.Rule]
		switch {
		case f.Internal(): // whether a check worked is no rule of a team's
		case stated && level == nil:
			continue
		case stated:
			f.Severity = *level
		}
		kept = append(kept, f)
	}
	return kept
}

// Off lists the rules that are switched off, sorted.
func (l Levels) Off() []string {
	var off []string
	for _, rule := range slices.Sorted(maps.Keys(l)) {
		if l[rule] == nil {
			off = append(off, rule)
		}
	}
	return off
}

// Scoped are the levels of several environments, each of which holds in that environment only.
type Scoped map[string]Levels

// Apply gives findings the levels of the environments that they are in; a finding that is told
// differently in some of its environments is split. One that is in no environment has the highest severity
// that any of them gives it.
func (s Scoped) Apply(findings []Finding) []Finding {
	var kept []Finding
	for _, f := range findings {
		known := slices.ContainsFunc(f.Targets, func(t Target) bool { _, known := s[t.Environment]; return known })
		switch {
		case f.Internal() || len(s) == 0:
			kept = append(kept, f)
		case known:
			kept = append(kept, s.split(f)...)
		default:
			kept = append(kept, s.highest(f)...)
		}
	}
	return kept
}

// split parts a finding by what its environments say of the rule.
func (s Scoped) split(f Finding) []Finding {
	var parts []Finding
	for _, t := range f.Targets {
		one := f
		one.Targets = []Target{t}
		for _, p := range s[t.Environment].Apply([]Finding{one}) {
			i := slices.IndexFunc(parts, func(q Finding) bool { return q.Severity == p.Severity })
			if i < 0 {
				parts = append(parts, p)
			} else {
				parts[i].Targets = append(parts[i].Targets, t)
			}
		}
	}
	return parts
}

// highest is the finding at the highest severity that an environment gives it.
func (s Scoped) highest(f Finding) []Finding {
	var best []Finding
	for _, levels := range s {
		for _, p := range levels.Apply([]Finding{f}) {
			if len(best) == 0 || p.Severity > best[0].Severity {
				best = []Finding{p}
			}
		}
	}
	return best
}

// Off lists the rules that are switched off: in all environments, or in which.
func (s Scoped) Off() []string {
	in := map[string][]string{}
	for _, environment := range slices.Sorted(maps.Keys(s)) {
		for _, rule := range s[environment].Off() {
			in[rule] = append(in[rule], environment)
		}
	}
	var off []string
	for _, rule := range slices.Sorted(maps.Keys(in)) {
		if len(in[rule]) < len(s) {
			rule += " in " + strings.Join(in[rule], ", ")
		}
		off = append(off, rule)
	}
	return off
}
