package finding

import (
	"regexp"
	"slices"
	"strings"
)

// Ledger counts findings that are known, by their identities.
type Ledger map[string]int

// Add makes a finding known.
func (k Ledger) Add(f Finding) {
	for _, id := range slices.Concat(f.Identities()...) {
		k[id]++
	}
}

// Part splits a finding into what is new and what the base has already. What is known is taken from what
// is left to be known: two of a kind, where the base has one, are one known and one new.
func (k Ledger) Part(f Finding) []Finding {
	ids := f.Identities()
	if len(f.Targets) == 0 {
		f.Status = Known
		if !k.take(ids[0]) {
			f.Status = New
		}
		return []Finding{f}
	}
	fresh, old := f, f
	fresh.Status, old.Status = New, Known
	fresh.Targets, old.Targets = nil, nil
	for i, t := range f.Targets {
		if k.take(ids[i]) {
			old.Targets = append(old.Targets, t)
		} else {
			fresh.Targets = append(fresh.Targets, t)
		}
	}
	var parts []Finding
	for _, p := range []Finding{fresh, old} {
		if len(p.Targets) > 0 {
			parts = append(parts, p)
		}
	}
	return parts
}

// take takes all of the identities from what is known, and tells whether they were there.
func (k Ledger) take(ids []string) bool {
	all := true
	for _, id := range ids {
		all = all && k[id] > 0
		k[id]--
	}
	return all
}

// placed fits what the checker adds to a message about where a value is written, which moves when lines
// do.
var placed = regexp.MustCompile(` \((a default of the schema|written by the render), [^)]*\)`)

// Identities tell a finding apart from others, whatever line it is on: in each of its targets one for each
// value that broke the rule. A waived finding is another than the same without a waiver.
func (f Finding) Identities() [][]string {
	waived := ""
	if f.Waiver != nil {
		waived = "waived"
	}
	id := f.Identity() + "\x00" + placed.ReplaceAllString(f.Message, "") + "\x00" + waived
	of := func(t Target) []string {
		digests := f.Evidence[t]
		if len(digests) == 0 {
			digests = []string{""}
		}
		var ids []string
		for _, digest := range digests {
			ids = append(ids, strings.Join([]string{id, t.String(), digest}, "\x00"))
		}
		return ids
	}
	if len(f.Targets) == 0 {
		return [][]string{of(Target{})}
	}
	var all [][]string
	for _, t := range f.Targets {
		all = append(all, of(t))
	}
	return all
}
