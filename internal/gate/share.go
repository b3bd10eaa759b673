package gate

import (
	"fmt"
	"strings"

	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/pattern"
)

// shares are the percentages of commits that base and head state for a target.
type shares struct{ before, after int }

// thresholdOf is the number by which a share of commits is taken.
func thresholdOf(share int) string { return fmt.Sprintf("%08x", share<<32/100) }

// belowOf is what Pipelines-as-Code's Repository says of the share (cue/render/pipelines_as_code.cue).
func belowOf(share int) string {
	if share == 100 {
		return "g"
	}
	return thresholdOf(share)
}

// isShare tells whether a filter of events differs in no more than the share of commits that the head states for
// the target's phase: that is told as such. Another share than the stated one is no rollout.
func isShare(o manifest.Object, c diff.Change, stated shares) bool {
	before, was := c.Before.(string)
	after, is := c.After.(string)
	if o.Kind == "File" && was && is { // the other CI takes the rest of the commits by the same number
		return stated.before != stated.after && strings.ReplaceAll(before, thresholdOf(stated.before), thresholdOf(stated.after)) == after
	}
	if o.Kind == "Repository" && was && is { // Pipelines-as-Code takes commits below it; all lie below g
		return c.Field == "spec.params[name=tenon_below].value" && after == belowOf(stated.after)
	}
	had, taken := threshold.FindStringSubmatch(before), threshold.FindStringSubmatch(after)
	if o.Kind != "EventListener" || !was || !is || restOf(before) != restOf(after) || had == nil && taken == nil {
		return false
	}
	if had != nil && taken != nil && placeOf(before) != placeOf(after) {
		return false // within another condition it takes other commits
	}
	if had == nil && !isLast(after) || taken == nil && !isLast(before) {
		return false
	}
	if had != nil && taken != nil && had[1] != taken[1] {
		return false // of another field of the event
	}
	if taken == nil {
		return stated.after == 100
	}
	return taken[2] == "<" && taken[3] == thresholdOf(stated.after)
}

// restOf is a filter without the comparison, placeOf with a mark in its place.
func restOf(filter string) string { return threshold.ReplaceAllString(filter, "") }

func placeOf(filter string) string { return threshold.ReplaceAllString(filter, "#") }

// isLast tells whether the comparison stands behind all others, as the render writes it, and within none of their brackets.
func isLast(filter string) bool {
	at := threshold.FindStringIndex(filter)
	return at != nil && at[1] == len(filter) && !strings.Contains(outsideBrackets(filter), "||")
}

// outsideBrackets is a filter without what stands in brackets.
func outsideBrackets(filter string) string {
	var out strings.Builder
	depth := 0
	for _, c := range filter {
		switch c {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		default:
			if depth == 0 {
				out.WriteRune(c)
			}
		}
	}
	return out.String()
}

// threshold is the comparison by which the rollout takes its share of commits (#threshold of cue/render).
var threshold = pattern.New(`(?: && )?(body(?:\.[A-Za-z_]+|\[[0-9]+\])+)\.lowerAscii\(\) (<=?) '([0-9a-f]{8})'`)
