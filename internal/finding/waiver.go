package finding

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Waiver lets one rule off at one place.
type Waiver struct {
	Reason string `json:"reason"`
	Owner  string `json:"owner"`
	// Expires is the last day it holds, as YYYY-MM-DD; empty means never.
	Expires string `json:"expires,omitempty"`

	// What follows says where it holds; it is not part of a finding.

	Name   string `json:"-"`
	Rule   string `json:"-"`
	Object string `json:"-"`
	Field  string `json:"-"`
	// Namespace of the objects that Kind/name means; those of others are named Kind/namespace/name. Empty
	// means any.
	Namespace string `json:"-"`
	// File limits it to objects of one file; empty means any.
	File string `json:"-"`
	// Targets as environment or environment/phase; empty means all.
	Targets []string `json:"-"`
	// Source is where the waiver is written.
	Source *Position `json:"-"`
}

func (w Waiver) matches(f Finding) bool {
	if f.Internal() || w.Rule != f.Rule || f.Object == nil || !w.names(*f.Object) {
		return false
	}
	if w.File != "" && (f.Source == nil || w.File != f.Source.File) {
		return false
	}
	return w.Field == "" || w.Field == f.Field
}

// names tells whether the waiver is for an object: Kind/name in the namespace of the platform, or for the
// whole cluster; Kind/namespace/name in any.
func (w Waiver) names(o Object) bool {
	if w.Object == o.Kind+"/"+o.Namespace+"/"+o.Name && o.Namespace != "" {
		return true
	}
	return w.Object == o.String() && (w.Namespace == "" || o.Namespace == "" || o.Namespace == w.Namespace)
}

func (w Waiver) holdsIn(t Target) bool {
	return len(w.Targets) == 0 || slices.Contains(w.Targets, t.Environment) || slices.Contains(w.Targets, t.String())
}

// where says what the waiver is limited to.
func (w Waiver) where() string {
	text := " on " + w.Object
	if w.Field != "" {
		text += " at exactly " + w.Field
	}
	if len(w.Targets) > 0 {
		text += " in " + strings.Join(w.Targets, ", ")
	}
	return text
}

// Expired tells whether the last day that the waiver holds is over.
func (w Waiver) Expired(now time.Time) bool {
	return w.Expires != "" && now.Format(time.DateOnly) > w.Expires
}

// Waive marks the findings that a waiver lets off. A waiver that has expired or that lets
// nothing off is a finding of its own. A finding that is waived in some of its targets only
// is split in two. The rules about waivers cannot be waived.
func Waive(findings []Finding, waivers []Waiver, now time.Time) []Finding {
	var result []Finding
	used := make([]bool, len(waivers))
	for _, f := range findings {
		rest := f
		for i, w := range waivers {
			if !w.matches(f) {
				continue
			}
			if w.Expired(now) {
				used[i] = true
				continue
			}
			let, kept, whole := split(rest, w)
			if let != nil {
				used[i] = true
				result = append(result, *let)
			}
			rest = kept
			if whole {
				rest.Rule = ""
				break
			}
		}
		if rest.Rule != "" {
			result = append(result, rest)
		}
	}
	return append(result, unfit(waivers, used, now)...)
}

// split parts a finding into what the waiver lets off and what it leaves; whole says that
// nothing is left.
func split(f Finding, w Waiver) (let *Finding, kept Finding, whole bool) {
	waived := f
	waived.Waiver = &w
	if len(f.Targets) == 0 {
		return &waived, f, true // not of a target, so no limit to targets applies
	}
	waived.Targets, kept = nil, f
	kept.Targets = nil
	for _, t := range f.Targets {
		if w.holdsIn(t) {
			waived.Targets = append(waived.Targets, t)
		} else {
			kept.Targets = append(kept.Targets, t)
		}
	}
	if len(waived.Targets) == 0 {
		return nil, f, false
	}
	return &waived, kept, len(kept.Targets) == 0
}

func unfit(waivers []Waiver, used []bool, now time.Time) []Finding {
	var findings []Finding
	for i, w := range waivers {
		f := Finding{Source: w.Source}
		switch {
		case w.Expired(now):
			f.Rule, f.Severity = "waiver/expired", Error
			f.Message = fmt.Sprintf("waiver %s for %s on %s expired on %s", w.Name, w.Rule, w.Object, w.Expires)
			f.Remedy = "mend what it covered, or renew it with a reason that still holds"
		case !used[i] && !strings.HasPrefix(w.Rule, "change/"): // only a comparison finds what these let off
			f.Rule, f.Severity = "waiver/unused", Warning
			f.Message = fmt.Sprintf("waiver %s lets nothing off: there is no finding %s", w.Name, w.Rule+w.where())
			f.Remedy = "remove it, or correct its rule, object and field"
		default:
			continue
		}
		findings = append(findings, f)
	}
	return findings
}
