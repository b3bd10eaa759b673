package check

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime/debug"
	"time"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/graph"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/typed"
)

// What breaks down over one object is a finding about that object, and the others are still checked: one
// file must not hide what is wrong in all the others.

// maxObject is how long the rules over one object may take all together; then each has some seconds of
// its own, and those that do not end are named.
const maxObject = 20 * time.Second

// guarded judges an object by itself, whatever happens.
func (c *Checker) guarded(ctx context.Context, types *typed.Checker, o manifest.Object, facts typed.Settings) (found []finding.Finding, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			found = append(found, broken(o.Ref(), reason))
		}
	}()
	within, cancel := context.WithTimeout(ctx, maxObject)
	defer cancel()
	found, err = c.alone(within, types, o, facts)
	if err != nil && ctx.Err() == nil {
		return append(found, finding.Finding{
			Rule: ruleOf(err), Severity: finding.Error, Object: o.Ref(),
			Message: fmt.Sprintf("rules could not be evaluated on this object: %v", err),
			Remedy:  "mend the rule that is named, or look for a value that is very large or deeply nested",
		}), nil
	}
	return found, err
}

// ruleOf tells a rule that fails from one that does not end.
func ruleOf(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "internal/limit"
	}
	return "internal/rule"
}

// stage runs a check over all objects, whatever happens.
func stage(name string, work func() []finding.Finding) (found []finding.Finding) {
	defer func() {
		if reason := recover(); reason != nil {
			found = []finding.Finding{broken(nil, fmt.Sprintf("%s: %v", name, reason))}
		}
	}()
	return work()
}

// separately looks at all objects at once. Where that breaks down, the objects that alone break it are
// named and left out.
func separately(s Subject, runs []graph.Run, undecoded map[finding.Object]bool) []finding.Finding {
	found, reason := attempt(s, runs, undecoded)
	if reason == nil {
		return found
	}
	var named []finding.Finding
	rest := s
	rest.Objects = nil
	for _, o := range s.Objects {
		one := s
		one.Objects = []manifest.Object{o}
		if _, alone := attempt(one, runsOf(runs, o), undecoded); alone != nil {
			named = append(named, broken(o.Ref(), alone))
		} else {
			rest.Objects = append(rest.Objects, o)
		}
	}
	if len(named) > 0 {
		if found, reason = attempt(rest, without(runs, named), undecoded); reason == nil {
			return append(found, named...)
		}
	}
	return append(named, broken(nil, reason))
}

func attempt(s Subject, runs []graph.Run, undecoded map[finding.Object]bool) (found []finding.Finding, reason any) {
	defer func() { reason = recover() }()
	return together(s, runs, undecoded), nil
}

func runsOf(runs []graph.Run, owner manifest.Object) []graph.Run {
	var own []graph.Run
	for _, r := range runs {
		if *r.Owner.Ref() == *owner.Ref() {
			own = append(own, r)
		}
	}
	return own
}

func without(runs []graph.Run, broken []finding.Finding) []graph.Run {
	var rest []graph.Run
	for _, r := range runs {
		kept := true
		for _, f := range broken {
			kept = kept && *r.Owner.Ref() != *f.Object
		}
		if kept {
			rest = append(rest, r)
		}
	}
	return rest
}

// frame fits a place in tenon within a stack.
var frame = regexp.MustCompile(`internal/[a-z/]+/[a-z_]+\.go:[0-9]+`)

// broken is the finding that a check did not work.
func broken(o *finding.Object, reason any) finding.Finding {
	f := finding.Finding{
		Rule: "internal/panic", Severity: finding.Error, Object: o,
		Message: fmt.Sprintf("a check broke down and says nothing: %v", reason),
		Remedy:  "this is a mistake of tenon: please report it with the object",
	}
	for _, place := range frame.FindAllString(string(debug.Stack()), -1) {
		if !regexp.MustCompile(`check/guard\.go`).MatchString(place) {
			f.Message += " (" + place + ")"
			break
		}
	}
	return f
}
