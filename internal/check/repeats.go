package check

import (
	"fmt"
	"regexp"
	"slices"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// often is how many findings of one rule that say the same are told one by one.
const often = 2

// index fits which item of a list is meant: of a mistake that is made in many, the one does not matter.
var index = regexp.MustCompile(`\[[0-9]+\]`)

// sumUp makes one finding of the many that say the same: a habit is in every file, and whoever mends it mends all of
// them.
func sumUp(found []finding.Finding) []finding.Finding {
	said := func(f finding.Finding) string {
		message := index.ReplaceAllString(f.Message, "[]")
		if path := manifest.ParsePath(f.Field); f.Rule == "types/unknown-field" && len(path) > 1 {
			message = fmt.Sprint(path[len(path)-2:]) // whoever writes one of them does so in every place
		}
		return fmt.Sprint(f.Rule, f.Severity, f.Waiver != nil, message)
	}
	count := map[string]int{}
	for _, f := range found {
		count[said(f)]++
	}
	first := map[string]int{}
	var kept []finding.Finding
	for _, f := range found {
		i, seen := first[said(f)]
		switch {
		case f.Waiver != nil || !seen || count[said(f)] <= often:
			first[said(f)] = len(kept)
			kept = append(kept, f)
		case f.Source != nil && (kept[i].Source == nil || f.Source.File != kept[i].Source.File || f.Source.Line != kept[i].Source.Line):
			kept[i].Repeats = append(kept[i].Repeats, *f.Source)
		}
	}
	for i := range kept {
		slices.SortFunc(kept[i].Repeats, finding.Position.Compare)
		kept[i].Repeats = slices.Compact(kept[i].Repeats)
	}
	return kept
}

// once leaves out what several kustomizations build of one line: it is mended there once.
func once(found []finding.Finding) []finding.Finding {
	seen := map[string]bool{}
	return slices.DeleteFunc(found, func(f finding.Finding) bool {
		if f.Source == nil || f.Object == nil || !isKustomization(f.Object.File) {
			return false
		}
		said := fmt.Sprint(f.Rule, f.Source, f.Severity, f.Waiver != nil, index.ReplaceAllString(f.Message, "[]"))
		again := seen[said]
		seen[said] = true
		return again
	})
}
