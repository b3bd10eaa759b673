package finding

import (
	"fmt"
	"strings"
)

// Rule is what a finding is about, as people read of it. Rules in Go state it beside each other in package rules, those
// in Rego in their METADATA.
type Rule struct {
	// ID is category/name, stable for ever.
	ID string `json:"id"`
	// Title is one line that says what holds when the rule is kept.
	Title string `json:"title"`
	// Why says what goes wrong where it is not kept.
	Why string `json:"why"`
	// Remedy says what to do about a finding; a finding may say it more exactly.
	Remedy string `json:"remedy"`
	// Severity of its findings, unless a team states another; the highest where they differ.
	Severity Severity `json:"severity"`
	// Lowest is the lowest severity that its findings have; nil where they do not differ.
	Lowest *Severity `json:"lowest,omitempty"`
	// Standard is what its findings weigh at most by the standard profile, which manifests that are not of a platform are
	// judged by; nil where that is Severity.
	Standard *Severity `json:"standard,omitempty"`
	// Links lead to what the rule follows.
	Links []string `json:"links,omitempty"`
	// Since is the first version of tenon that has it.
	Since string `json:"since,omitempty"`
}

// Category is the part of the id that rules about one subject share.
func (r Rule) Category() string {
	category, _, _ := strings.Cut(r.ID, "/")
	return category
}

// Link is the first of the links; empty where there is none.
func (r Rule) Link() string {
	if len(r.Links) == 0 {
		return ""
	}
	return r.Links[0]
}

// Weighs names its severity, or both ends of what its findings have.
func (r Rule) Weighs() string {
	if least := r.Least(); least < r.Severity {
		return fmt.Sprintf("%s to %s", least, r.Severity)
	}
	return r.Severity.String()
}

// WeighsStandard names what its findings weigh by the standard profile.
func (r Rule) WeighsStandard() string {
	r.Severity = r.In(Standard, r.Severity)
	if r.Lowest != nil {
		least := min(r.Severity, *r.Lowest)
		r.Lowest = &least
	}
	return r.Weighs()
}

// Profile says which severities of rules hold.
type Profile string

// The profiles. Strict is a platform's: what a team has decided on is held as an error. Standard is that of manifests
// from anywhere: an error is worth stopping a merge for, whoever wrote them.
const (
	Strict   Profile = "strict"
	Standard Profile = "standard"
)

// ParseProfile reads strict or standard.
func ParseProfile(text string) (Profile, error) {
	if p := Profile(text); p == Strict || p == Standard {
		return p, nil
	}
	return "", fmt.Errorf("unknown profile %q: use strict or standard", text)
}

// In is what a finding of the rule weighs by a profile.
func (r Rule) In(p Profile, own Severity) Severity {
	if p == Standard && r.Standard != nil {
		return min(own, *r.Standard)
	}
	return own
}

// Least is the lowest severity of its findings.
func (r Rule) Least() Severity {
	if r.Lowest != nil {
		return *r.Lowest
	}
	return r.Severity
}
