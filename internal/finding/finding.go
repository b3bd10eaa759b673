// Package finding knows what a finding is, how findings are ordered and merged, and when a
// waiver lets one off. It does not know how a finding was made or how it is shown.
package finding

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity says how bad a finding is. The zero value is Info.
type Severity int

// The severities, in rising order.
const (
	Info Severity = iota
	Warning
	Error
)

var severityNames = [...]string{"info", "warning", "error"}

// String returns info, warning or error.
func (s Severity) String() string { return severityNames[s] }

// MarshalText writes the severity as its name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a severity's name.
func (s *Severity) UnmarshalText(text []byte) error {
	parsed, err := ParseSeverity(string(text))
	*s = parsed
	return err
}

// ParseSeverity reads info, warning or error.
func ParseSeverity(name string) (Severity, error) {
	if i := slices.Index(severityNames[:], name); i >= 0 {
		return Severity(i), nil
	}
	return Info, fmt.Errorf("unknown severity %q: use one of %s", name, strings.Join(severityNames[:], ", "))
}

// Position is a place in a file. Line and Column count from 1; 0 means unknown.
type Position struct {
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

// String returns file:line:column without the parts that are unknown.
func (p Position) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Compare orders positions by file, line and column.
func (p Position) Compare(q Position) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}

// Object names the Kubernetes object that a finding is about.
type Object struct {
	APIVersion string `json:"apiVersion,omitempty"`
	Kind       string `json:"kind,omitempty"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name,omitempty"`

	// File and Document tell objects of one name apart that stand in several places: the file,
	// and where in it the object's document begins.
	File     string `json:"-"`
	Document int    `json:"-"`
}

// String returns Kind/name.
func (o Object) String() string { return o.Kind + "/" + o.Name }

// Target is one environment in one phase. What Argo CD itself reads, outside all
// environments, is the target argocd without a phase.
type Target struct {
	Environment string `json:"environment"`
	Phase       string `json:"phase,omitempty"`
}

// String returns environment/phase.
func (t Target) String() string {
	if t.Phase == "" {
		return t.Environment
	}
	return t.Environment + "/" + t.Phase
}

// Finding is one rule broken at one place.
type Finding struct {
	// Rule is the stable id category/name.
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	// Message says what is wrong and where that hurts.
	Message string `json:"message"`
	// Remedy says what to do about it.
	Remedy string `json:"remedy,omitempty"`
	// Docs leads to what the rule follows.
	Docs string `json:"docs,omitempty"`
	// Object is absent where the finding is about a file.
	Object *Object `json:"object,omitempty"`
	// Field is a path in the object such as spec.steps[0].image.
	Field string `json:"field,omitempty"`
	// Source is the place to mend; absent where nothing in a file led here.
	Source *Position `json:"source,omitempty"`
	// Related are other places that contributed, most relevant first.
	Related []Position `json:"related,omitempty"`
	// Repeats are other places of which the same is to be said.
	Repeats []Position `json:"repeats,omitempty"`
	// Targets lists where the finding holds; empty for manifests that are not of a platform.
	Targets []Target `json:"targets,omitempty"`
	// Status tells, where two revisions are compared, whether the base has the finding too.
	Status Status `json:"status,omitempty"`
	// Waiver is set where a waiver lets the finding off.
	Waiver *Waiver `json:"waiver,omitempty"`

	// Anchor is Field with the items of lists named by what they are called, so that it stays the
	// same when items come before them; empty where it is Field.
	Anchor string `json:"-"`

	// Text is the part of the value that broke the rule, where that is known: of a value that
	// was put together from several places, the one that holds it is the one to mend.
	Text string `json:"-"`

	// Quote is a piece of the text at Field that the finding is about, and Line the line of
	// that text, from 1: where the text has several lines, Source is the one of these.
	Quote string `json:"-"`
	Line  int    `json:"-"`

	// Broke is what broke the rule, where the rule says so beside its message.
	Broke string `json:"-"`

	// Evidence are digests of what broke the rule, by target: another value in the same place is another
	// finding, and a second one is one more. What is in no target has that of the empty one.
	Evidence map[Target][]string `json:"-"`

	// Causes are other fields that may be the ones to mend. Where Field does not exist, or
	// nothing in the team's files led to it, the first of them that something led to gives
	// the Source.
	Causes []Cause `json:"-"`
}

// Status says whether a finding came with a change.
type Status string

// The statuses of a finding in a comparison; empty where nothing is compared.
const (
	New   Status = "new"
	Known Status = "known"
)

// Identity is what stays the same of a finding when lines move: rule, object and field.
func (f Finding) Identity() string {
	file := ""
	if f.Object == nil && f.Source != nil {
		file = f.Source.File
	}
	return strings.Join([]string{f.Rule, f.object(), cmp.Or(f.Anchor, f.Field), file}, "\x00")
}

// Cause is a field of an object that a finding may come from.
type Cause struct {
	Object Object
	Field  string
}

// Internal tells whether the finding is that a check did not work, which nobody can let off.
func (f Finding) Internal() bool { return strings.HasPrefix(f.Rule, "internal/") }

// Sensitive tells whether the source of the finding may hold a secret's value, so that it must
// not be shown.
func (f Finding) Sensitive() bool {
	return strings.HasPrefix(f.Rule, "secrets/") || f.Object != nil && f.Object.Kind == "Secret"
}

func (f Finding) object() string {
	if f.Object == nil {
		return ""
	}
	return f.Object.Namespace + "/" + f.Object.String()
}

func (f Finding) source() Position {
	if f.Source == nil {
		return Position{}
	}
	return *f.Source
}

// compare orders findings by place, then rule, object, field and message. Severity does not
// take part, so that the order follows the files.
func compare(a, b Finding) int {
	return cmp.Or(
		a.source().Compare(b.source()),
		cmp.Compare(a.Rule, b.Rule),
		cmp.Compare(a.object(), b.object()),
		cmp.Compare(a.Field, b.Field),
		cmp.Compare(a.Message, b.Message),
		-cmp.Compare(a.Status, b.Status),
		-cmp.Compare(a.Severity, b.Severity),
	)
}

// Merge makes one finding of those that differ in their targets only, and sorts them.
func Merge(findings []Finding) []Finding {
	slices.SortStableFunc(findings, compare)
	var merged []Finding
	for _, f := range findings {
		last := len(merged) - 1
		if last >= 0 && compare(merged[last], f) == 0 && merged[last].Severity == f.Severity && (merged[last].Waiver == nil) == (f.Waiver == nil) && merged[last].Status == f.Status {
			merged[last].Targets = union(merged[last].Targets, f.Targets)
			merged[last].Evidence = joined(merged[last].Evidence, f.Evidence)
			continue
		}
		merged = append(merged, f)
	}
	return merged
}

func joined(a, b map[Target][]string) map[Target][]string {
	all := map[Target][]string{}
	for _, m := range []map[Target][]string{a, b} {
		for t, digests := range m {
			all[t] = append(all[t], digests...)
		}
	}
	return all
}

func union(a, b []Target) []Target {
	all := slices.Concat(a, b)
	slices.SortFunc(all, func(x, y Target) int {
		return cmp.Or(cmp.Compare(x.Environment, y.Environment), cmp.Compare(x.Phase, y.Phase))
	})
	return slices.Compact(all)
}
