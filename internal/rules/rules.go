// Package rules is the registry of all rules: those in Go are stated here, those in Rego are added as they are loaded.
// What is listed, explained, documented, counted and compared of a rule comes from it. It does not know how a rule is
// checked.
package rules

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/finding"
)

// first is the version since which there are rules that say nothing else.
const first = "0.1.0"

// The lowest severities of rules whose findings weigh differently.
var info, warning = finding.Info, finding.Warning

// Registry has rules by their id.
type Registry struct{ byID map[string]finding.Rule }

// Go is the registry of the rules that are written in Go.
func Go() Registry { return With(nil) }

// With is the registry of these rules and those in Go.
func With(others []finding.Rule) Registry {
	r := Registry{map[string]finding.Rule{}}
	for _, of := range [][]finding.Rule{
		internalRules, inputRules, schemaRules, typesRules, graphTekton, graphStorage, graphNetwork, graphAccess, graphPlacement, graphImages,
		graphPlatform, overlayRules, imageRules, storageRules, waiverRules, others,
	} {
		for _, rule := range of {
			rule.Since = cmp.Or(rule.Since, first)
			r.byID[rule.ID] = rule
		}
	}
	return r
}

// Get is the rule of an id.
func (r Registry) Get(id string) (finding.Rule, bool) {
	rule, ok := r.byID[id]
	return rule, ok
}

// Len is how many there are.
func (r Registry) Len() int { return len(r.byID) }

// List has all rules by category and name.
func (r Registry) List() []finding.Rule {
	return slices.SortedFunc(maps.Values(r.byID), func(a, b finding.Rule) int { return strings.Compare(a.ID, b.ID) })
}

// Search has the rules of which the texts have all of the words, whatever their case: those with them in id or title
// come first.
func (r Registry) Search(words []string) []finding.Rule {
	var named, told []finding.Rule
	for _, rule := range r.List() {
		name := strings.ToLower(rule.ID + " " + rule.Title)
		text := strings.ToLower(name + " " + rule.Why + " " + rule.Remedy + " " + strings.Join(rule.Links, " "))
		inName, inText := true, true
		for _, word := range words {
			word = strings.ToLower(word)
			inName = inName && strings.Contains(name, word)
			inText = inText && strings.Contains(text, word)
		}
		switch {
		case inName:
			named = append(named, rule)
		case inText:
			told = append(told, rule)
		}
	}
	return append(named, told...)
}

// Near are ids that somebody may have meant by one that there is not.
func (r Registry) Near(id string) []string {
	_, name, found := strings.Cut(id, "/")
	if !found {
		name = id
	}
	var near []string
	for _, rule := range r.List() {
		if name != "" && (strings.Contains(rule.ID, name) || rule.Category() == id) {
			near = append(near, rule.ID)
		}
	}
	return near
}
