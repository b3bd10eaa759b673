package platform

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/errors"
	"github.com/agnivade/levenshtein"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/veil"
)

// findings makes one finding of each field that CUE refused. CUE reports a mistake once for
// each path by which it is reached, and a failed disjunction once for each branch; a reader
// wants it once, at the line in the team's own file.
func (s *sources) findings(root cue.Value, err error) []finding.Finding {
	best := map[string]finding.Finding{}
	conflicts := map[string][]errors.Error{}
	var order []string
	all := errors.Errors(err)
	for _, e := range all[:min(len(all), mostErrors)] {
		f := s.finding(root, e)
		key := f.Field
		if key == "" && f.Source != nil {
			key = f.Source.String()
		}
		other, seen := best[key]
		if !seen {
			order = append(order, key)
		}
		conflicts[key] = append(conflicts[key], e)
		if !seen || s.clearness(f) > s.clearness(other) {
			best[key] = f
		}
	}
	var found []finding.Finding
	for _, key := range order {
		f := best[key]
		if value, allowed := alternatives(conflicts[key]); f.Rule == "schema/conflict" && len(allowed) > 1 {
			allowed = slices.Sorted(slices.Values(s.allChoices(allowed)))
			f.Rule = "schema/invalid-value"
			f.Message = fmt.Sprintf("%s: %s is none of %s", f.Field, value, strings.Join(allowed, ", "))
			if near := nearest(value, allowed); len(near) > 0 {
				f.Remedy = fmt.Sprintf("did you mean %s?", strings.Join(near, ", or "))
			} else if text := documentation(at(root, strings.Split(f.Field, "."))); text != "" {
				f.Remedy = "the schema says: " + finding.Clip(text)
			}
		}
		found = append(found, f)
	}
	found = s.scrubbed(s.dropConsequences(found))
	if more := len(all) - mostErrors; more > 0 {
		found = append(found, finding.Finding{
			Rule: "schema/invalid-value", Severity: finding.Error, Message: fmt.Sprintf("and %d more mistakes, which are told when these are mended", more),
			Remedy: "mend the first ones: most of the others follow from them",
		})
	}
	return found
}

// mostErrors is how many mistakes are told at a time: each is looked for in the whole platform.
const mostErrors = 300

// scrubbed takes values of secrets out of findings: CUE quotes what it compares, wherever that was written.
func (s *sources) scrubbed(found []finding.Finding) []finding.Finding {
	if len(found) == 0 {
		return found
	}
	var values []string
	for name, file := range s.byFile {
		if s.layers[name] == team {
			values = append(values, veil.CUESecrets(file)...)
		}
	}
	slices.SortFunc(values, func(a, b string) int { return len(b) - len(a) })
	scrubber := veil.NewScrubber(slices.Compact(values))
	for i := range found {
		f := &found[i]
		f.Message, f.Remedy = scrubber.Scrub(f.Message), scrubber.Scrub(f.Remedy)
	}
	return found
}

var conflicting = regexp.MustCompile(`^conflicting values ("[^"]*") and ("[^"]*")`)

// alternatives reads the errors of a disjunction of texts: CUE reports a conflict with each.
func alternatives(errs []errors.Error) (value string, allowed []string) {
	count := map[string]int{}
	var order []string
	for _, e := range errs {
		if m := conflicting.FindStringSubmatch(said(e)); m != nil {
			for _, text := range m[1:] {
				if count[text]++; count[text] == 1 {
					order = append(order, text)
				}
			}
		}
	}
	for _, text := range order {
		if count[text] > count[value] {
			value = text
		}
	}
	return value, slices.DeleteFunc(order, func(text string) bool { return text == value })
}

// clearness ranks what CUE says of one field: a bound that a value of the team breaks says
// most, the failure of a whole disjunction least.
func (s *sources) clearness(f finding.Finding) int {
	score := 0
	if s.inTeam(f) {
		score += 4
	}
	if strings.Contains(f.Message, "does not satisfy") || strings.Contains(f.Message, "is not what is wanted") || strings.Contains(f.Message, ", and wanted is ") || f.Rule == "schema/unknown-field" {
		score += 2
	}
	if f.Rule == "schema/conflict" {
		score++
	}
	return score
}

func (s *sources) inTeam(f finding.Finding) bool {
	return f.Source != nil && s.layerOf(*f.Source) == team
}

// dropConsequences leaves out what only says that something else is wrong: an incomplete
// value beside a real mistake, or an error of a struct whose field has one.
func (s *sources) dropConsequences(found []finding.Finding) []finding.Finding {
	mistake := slices.ContainsFunc(found, func(f finding.Finding) bool { return f.Rule != "schema/incomplete" })
	located := slices.ContainsFunc(found, func(f finding.Finding) bool { return s.inTeam(f) })
	written := slices.ContainsFunc(found, func(f finding.Finding) bool { return s.inTeam(f) && !s.borrowed[f.Field] })
	var causes []finding.Finding
	for _, f := range found {
		consequence := f.Rule == "schema/incomplete" && (mistake || located && !s.inTeam(f)) || written && s.borrowed[f.Field]
		if !consequence {
			causes = append(causes, f)
		}
	}
	var kept []finding.Finding
	for _, f := range causes {
		inner := slices.ContainsFunc(causes, func(other finding.Finding) bool {
			return f.Field != "" && strings.HasPrefix(other.Field, f.Field+".")
		})
		if !inner {
			kept = append(kept, f)
		}
	}
	return kept
}

func (s *sources) finding(root cue.Value, e errors.Error) finding.Finding {
	if f, ok := s.importSlip(e); ok {
		return f
	}
	field := fieldPath(e.Path())
	rule, message := explain(e, field)
	f := finding.Finding{Rule: rule, Severity: finding.Error, Message: veil.Quoted(field, message), Field: field}
	f.Remedy = remedy(root, rule, e.Path(), field)
	if defaults := severalDefaults(message); rule == "schema/incomplete" && defaults != "" {
		f.Message = fmt.Sprintf("%s has more than one default (%s)", field, defaults)
		f.Remedy = "the schema has a default too: give the value itself where it is shared, or in each environment"
	}
	positions := s.ranked(e)
	if s.undefined(root, e, &f) {
		return f
	}
	hasDefault := root.Exists() && strings.Contains(strings.ToLower(documentation(at(root, e.Path()))), "default")
	s.clarify(&f, said(e), field, positions, hasDefault)
	if f.Source != nil {
		return f
	}
	// A value that is missing stands nowhere: the struct that lacks it is the place.
	for path := e.Path(); root.Exists() && len(path) > 0; path = path[:len(path)-1] {
		if len(positions) > 0 && s.layerOf(positions[0]) == team {
			break
		}
		declared := s.declarations(at(root, path))
		if len(positions) == 0 || len(declared) > 0 && s.layerOf(declared[0]) == team {
			s.borrowed[field] = s.borrowed[field] || len(path) < len(e.Path())
			positions = append(declared, positions...)
		}
	}
	if len(positions) > 0 {
		f.Source = &positions[0]
		f.Related = positions[1:min(len(positions), 4)]
	}
	return f
}

var ambiguous = regexp.MustCompile(`incomplete value .*?((?: \| [^ |<>=]+){2,})$`)

// severalDefaults lists the values of an ambiguous default, as in uint | 0 | 1.
func severalDefaults(message string) string {
	m := ambiguous.FindStringSubmatch(message)
	if m == nil {
		return ""
	}
	return strings.Join(strings.Split(strings.TrimPrefix(m[1], " | "), " | "), ", ")
}

// declarations are the places where a value is declared, the team's own first.
func (s *sources) declarations(v cue.Value) []finding.Position {
	_, operands := v.Expr()
	var positions []finding.Position
	for _, operand := range append(operands, v) {
		p := position(operand.Pos())
		if p.Line > 0 && !slices.Contains(positions, p) {
			positions = append(positions, p)
		}
	}
	slices.SortStableFunc(positions, func(a, b finding.Position) int {
		if d := int(s.layerOf(a)) - int(s.layerOf(b)); d != 0 {
			return d
		}
		// The lock is written by tenon: nobody adds a field there.
		return boolToInt(path.Base(a.File) == lockFile) - boolToInt(path.Base(b.File) == lockFile)
	})
	return positions
}

// lockFile holds the digests of a platform's images.
const lockFile = "images.lock.cue"

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
		if d := int(s.layerOf(a)) - int(s.layerOf(b)); d != 0 {
			return d
		}
		// Where a value is unified with the schema is no place to mend; the value is.
		return boolToInt(s.references()[a]) - boolToInt(s.references()[b])
	})
	return positions
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// fieldPath writes a path of CUE without what belongs to the wiring of targets.
func fieldPath(path []string) string {
	if i := slices.Index(path, "#platform"); i >= 0 {
		path = append([]string{"platform"}, path[i+1:]...)
	}
	if len(path) > 0 && path[0] == "#Facts" {
		path = path[1:]
	}
	return strings.Join(path, ".")
}

// explain turns CUE's message into the rule that it breaks and a sentence that names field,
// what was wanted and what was got.
func explain(e errors.Error, field string) (rule, message string) {
	text := strings.TrimSpace(strings.ReplaceAll(said(e), virtual+"/", ""))
	for _, kind := range []struct{ part, rule, sentence string }{
		{"field not allowed", "schema/unknown-field", "%[1]s is not a field of the schema"},
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
			return kind.rule, fmt.Sprintf(kind.sentence+"%.0[2]s", field, plain(text))
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

// remedy says what the schema has instead of an unknown field, or what the field means.
func remedy(root cue.Value, rule string, path []string, field string) string {
	if !root.Exists() || field == "" {
		return ""
	}
	if rule == "schema/unknown-field" {
		name := path[len(path)-1]
		if near := mostLike(name, fieldsOf(at(root, path[:len(path)-1]))); near != "" {
			return fmt.Sprintf("did you mean %s?", near)
		}
		return "see the fields in cue/schema, or cue.mod/pkg/tenon.dev/schema"
	}
	if text := documentation(at(root, path)); text != "" {
		return "the schema says: " + firstSentence(text)
	}
	return ""
}

func at(root cue.Value, path []string) cue.Value {
	for _, label := range path {
		next := member(root, label)
		if !next.Exists() {
			next = root.LookupPath(cue.MakePath(cue.Str(strings.Trim(label, `"`)).Optional()))
		}
		root = next
	}
	return root
}

func fieldsOf(v cue.Value) []string {
	fields, err := v.Fields(cue.Optional(true))
	var names []string
	for err == nil && fields.Next() {
		names = append(names, strings.TrimRight(fields.Selector().String(), "?!"))
	}
	return names
}

// mostLike is the name most like the one that was written, if any is near.
func mostLike(name string, names []string) string {
	const longest, most = 100, 400
	if len(name) > longest || len(names) > most {
		return "" // a comparison takes the product of all lengths
	}
	best, distance := "", len(name)/2+1
	for _, candidate := range names {
		d := levenshtein.ComputeDistance(name, candidate)
		closer := d < distance || d == distance && strings.HasPrefix(name, candidate)
		if candidate != name && closer {
			best, distance = candidate, d
		}
	}
	return best
}

// documentation is what the schema says of a value; empty where it says nothing.
func documentation(v cue.Value) string {
	groups := v.Doc()
	if len(groups) == 0 {
		return ""
	}
	return strings.TrimSuffix(strings.Join(strings.Fields(groups[0].Text()), " "), ".")
}

// firstSentence is that of what the schema says.
func firstSentence(text string) string {
	sentence, _, _ := strings.Cut(text, ". ")
	return strings.TrimSuffix(sentence, ".")
}

// said is what CUE says of a mistake.
func said(e errors.Error) string {
	format, args := e.Msg()
	return fmt.Sprintf(format, args...)
}
