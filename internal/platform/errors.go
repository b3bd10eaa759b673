package platform

import (
	"fmt"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/errors"

	"tenon.dev/tenon/internal/finding"
)

// findings makes one finding of each field that CUE refused. CUE reports a mistake once for
// each path by which it is reached, and a failed disjunction once for each branch; a reader
// wants it once, at the line in the team's own file.
func (s *sources) findings(err error) []finding.Finding {
	var found []finding.Finding
	seen := map[string]bool{}
	for _, e := range errors.Errors(err) {
		f := s.finding(e)
		key := f.Field + " " + f.Rule
		if f.Source != nil {
			key = f.Source.String()
		}
		if !seen[key] {
			seen[key] = true
			found = append(found, f)
		}
	}
	return dropConsequences(found)
}

// dropConsequences leaves out what only says that something else is wrong: an incomplete
// value beside a real conflict, or an error of a list whose element has one.
func dropConsequences(found []finding.Finding) []finding.Finding {
	real := slices.ContainsFunc(found, func(f finding.Finding) bool { return f.Rule != "schema/incomplete" })
	return slices.DeleteFunc(found, func(f finding.Finding) bool {
		if real && f.Rule == "schema/incomplete" {
			return true
		}
		return slices.ContainsFunc(found, func(other finding.Finding) bool {
			return other.Field != f.Field && f.Field != "" && strings.HasPrefix(other.Field, f.Field+".")
		})
	})
}

func (s *sources) finding(e errors.Error) finding.Finding {
	field := fieldPath(e.Path())
	rule, message := explain(e, field)
	f := finding.Finding{Rule: rule, Severity: finding.Error, Message: message, Field: field}
	positions := s.ranked(e)
	if len(positions) > 0 {
		f.Source = &positions[0]
		f.Related = positions[1:min(len(positions), 4)]
	}
	return f
}

// ranked sorts the positions of an error so that the team's own come first.
func (s *sources) ranked(e errors.Error) []finding.Position {
	var positions []finding.Position
	for _, pos := range errors.Positions(e) {
		p := position(pos)
		if p.Line > 0 && !slices.Contains(positions, p) {
			positions = append(positions, p)
		}
	}
	slices.SortStableFunc(positions, func(a, b finding.Position) int {
		return int(s.layerOf(a)) - int(s.layerOf(b))
	})
	return positions
}

// fieldPath writes a path of CUE without what belongs to the wiring of targets.
func fieldPath(path []string) string {
	if i := slices.Index(path, "#platform"); i >= 0 {
		path = append([]string{"platform"}, path[i+1:]...)
	}
	return strings.Join(path, ".")
}

// explain turns CUE's message into the rule that it breaks and a sentence that names field,
// what was wanted and what was got.
func explain(e errors.Error, field string) (rule, message string) {
	format, args := e.Msg()
	text := strings.TrimSpace(fmt.Sprintf(format, args...))
	for _, kind := range []struct{ part, rule, sentence string }{
		{"field not allowed", "schema/unknown-field", "%[1]s is not a field of the schema"},
		{"field is required but not present", "schema/missing-field", "%[1]s is required and is not given"},
		{"incomplete value", "schema/incomplete", "%[1]s has no value: %[2]s"},
		{"conflicting values", "schema/conflict", "%[1]s: %[2]s"},
		{"out of bound", "schema/invalid-value", "%[1]s: %[2]s"},
		{"errors in empty disjunction", "schema/invalid-value", "%[1]s is none of the allowed values"},
		{"undefined field", "schema/unresolved", "%[1]s: %[2]s"},
		{"not found", "schema/unresolved", "%[2]s"},
		{"cycle", "schema/cycle", "%[1]s: %[2]s"},
	} {
		if strings.Contains(text, kind.part) {
			if field == "" {
				return kind.rule, text
			}
			return kind.rule, strings.TrimSuffix(fmt.Sprintf(kind.sentence+"%.0[2]s", field, plain(text)), "%!(EXTRA string=)")
		}
	}
	if len(e.Path()) == 0 {
		return "input/cue", "the CUE does not load: " + text
	}
	return "schema/invalid-value", field + ": " + plain(text)
}

// plain shortens what CUE says of patterns and bounds.
func plain(text string) string {
	if value, bound, ok := strings.Cut(text, " (out of bound "); ok {
		value = strings.TrimPrefix(value, "invalid value ")
		return fmt.Sprintf("%s does not satisfy %s", value, strings.TrimSuffix(bound, ")"))
	}
	return text
}

// doc returns the first sentence of the documentation of a field of the schema.
func doc(root cue.Value, field string) string {
	value := root.LookupPath(cue.ParsePath(field))
	for _, group := range value.Doc() {
		text := strings.Join(strings.Fields(group.Text()), " ")
		if sentence, _, ok := strings.Cut(text, ". "); ok {
			return sentence
		}
		return strings.TrimSuffix(text, ".")
	}
	return ""
}
