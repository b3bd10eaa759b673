package policy

import (
	"slices"
	"strings"

	"tenon.dev/tenon/internal/finding"
)

// ByID returns the rules in the order of their ids.
func (s *Set) ByID() []Rule {
	return slices.SortedFunc(slices.Values(s.Rules), func(a, b Rule) int { return strings.Compare(a.ID, b.ID) })
}

// Stated are the rules as people read of them.
func (s *Set) Stated() []finding.Rule {
	stated := make([]finding.Rule, len(s.Rules))
	for i, r := range s.Rules {
		stated[i] = r.Rule
	}
	return stated
}
