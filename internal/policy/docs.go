package policy

import "tenon.dev/tenon/internal/finding"

// Stated are the rules as people read of them.
func (s *Set) Stated() []finding.Rule {
	stated := make([]finding.Rule, len(s.Rules))
	for i, r := range s.Rules {
		stated[i] = r.Rule
	}
	return stated
}
