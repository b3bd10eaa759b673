package finding

import (
	"fmt"
	"maps"
	"slices"
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
