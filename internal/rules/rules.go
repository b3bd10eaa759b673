// Package rules is the registry of all rules: those in Go are stated here, those in Rego are added as they are loaded.
// What is listed, explained, documented, counted and compared of a rule comes from it. It does not know how a rule is
// checked.
package rules

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"

	"tenon.dev/tenon/internal/finding"
)

// first is the version since which there are rules that say nothing else.
const first = "0.1.0"

// The lowest severities of rules whose findings weigh differently.
var info, warning = finding.Info, finding.Warning

// Registry has rules by their id.
type Registry struct{ byID map[string]finding.Rule }

// Go is the registry of the rules that are written in Go.
var Go = sync.OnceValue(func() Registry { return With(nil) })

// With is the registry of these rules and those in Go.
func With(others []finding.Rule) Registry {
	r := Registry{map[string]finding.Rule{}}
	for _, of := range [][]finding.Rule{
		internalRules, inputRules, schemaRules, typesRules, graphTekton, graphStorage, graphNetwork, graphAdvice, graphAccess, graphPlacement, graphImages,
		graphPlatform, pacRules, overlayRules, imageRules, storageRules, waiverRules, others,
	} {
		for _, rule := range of {
			rule.Since = cmp.Or(rule.Since, first)
			if severity, ok := standard[rule.ID]; ok {
				rule.Standard = &severity
			}
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

// Search has the rules of which the texts have all of the words, whatever their case and number, and written as one or
// apart: those with them in id or title come first. Where no rule has all, those with most of them are found.
func (r Registry) Search(words []string) []finding.Rule {
	var named, told, some []finding.Rule
	most := (len(words) + 1) / 2
	for _, rule := range r.List() {
		name := plain(rule.ID + " " + rule.Title)
		text := name + " " + plain(rule.Why+" "+rule.Remedy+" "+strings.Join(rule.Links, " "))
		inName, inText := matching(name, words), matching(text, words)
		switch {
		case inName == len(words):
			named = append(named, rule)
		case inText == len(words):
			told = append(told, rule)
		case inText > most:
			most, some = inText, []finding.Rule{rule}
		case inText == most && inText > 0:
			some = append(some, rule)
		}
	}
	if all := append(named, told...); len(all) > 0 {
		return all
	}
	return some
}

// matching is how many of the words a text has.
func matching(text string, words []string) int {
	n := 0
	together := strings.ReplaceAll(text, " ", "")
	for _, word := range words {
		if word = strings.TrimSpace(plain(word)); strings.Contains(text, word) || len(word) > 8 && strings.Contains(together, strings.ReplaceAll(word, " ", "")) {
			n++
		}
	}
	return n
}

// plain is a text in lower case, each word in the singular, as far as its ending tells, and with nothing but blanks
// between words.
func plain(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(c rune) bool { return strings.ContainsRune(" -_/.,:;()\"'`<>\n\t", c) })
	for i, word := range words {
		switch {
		case strings.HasSuffix(word, "ies") && len(word) > 4:
			words[i] = strings.TrimSuffix(word, "ies") + "y"
		case strings.HasSuffix(word, "s") && !strings.HasSuffix(word, "ss") && len(word) > 3:
			words[i] = strings.TrimSuffix(word, "s")
		}
	}
	return strings.Join(words, " ")
}

// In has the rules of a category.
func (r Registry) In(category string) []finding.Rule {
	return slices.DeleteFunc(r.List(), func(rule finding.Rule) bool { return rule.Category() != category })
}

// Categories are those that there are, sorted.
func (r Registry) Categories() []string {
	var all []string
	for _, rule := range r.List() {
		all = append(all, rule.Category())
	}
	return slices.Compact(all)
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
