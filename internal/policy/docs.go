package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Markdown documents the rule from its METADATA.
func (r Rule) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n**%s** (%s)\n\n%s\n\nRemedy: %s.\n", r.ID, r.Title, r.Severity, r.Description, r.Remedy)
	for _, link := range r.Links {
		fmt.Fprintf(&b, "\nSee <%s>", link)
	}
	if len(r.Links) > 0 {
		b.WriteString("\n")
	}
	return b.String()
}

// Markdown documents all rules of the set that have METADATA, in the order of their ids.
func (s *Set) Markdown() string {
	var b strings.Builder
	b.WriteString("# Rules\n\nGenerated from the METADATA of the rules in `policies/`.\n")
	for _, r := range s.ByID() {
		if r.sees != bareObject {
			b.WriteString("\n" + r.Markdown())
		}
	}
	return b.String()
}

// ByID returns the rules in the order of their ids.
func (s *Set) ByID() []Rule {
	return slices.SortedFunc(slices.Values(s.Rules), func(a, b Rule) int { return strings.Compare(a.ID, b.ID) })
}
