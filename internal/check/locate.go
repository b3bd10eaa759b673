package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// locate gives each finding the place to mend.
func locate(found []finding.Finding, objects []manifest.Object) {
	byRef := map[finding.Object]manifest.Object{}
	for _, o := range objects {
		if _, taken := byRef[*o.Ref()]; !taken {
			byRef[*o.Ref()] = o
		}
	}
	for i := range found {
		f := &found[i]
		if f.Object != nil {
			f.Anchor = manifest.Anchor(byRef[*f.Object].Value, manifest.ParsePath(f.Field))
			if f.Evidence == nil {
				f.Evidence = map[finding.Target][]string{{}: {evidence(*f, byRef[*f.Object])}}
			}
		}
		if f.Source != nil || f.Object == nil {
			continue
		}
		trace := func(o finding.Object, field string) []manifest.Place {
			if origin := byRef[o].Origin; origin != nil {
				return origin.Trace(manifest.ParsePath(field), f.Text)
			}
			return nil
		}
		places := trace(*f.Object, f.Field)
		_, exists := manifest.Lookup(byRef[*f.Object].Value, manifest.ParsePath(f.Field))
		// In a file what lacks a field is the one to mend; in a platform it may be rendered, and the other side stated.
		exists = exists || byRef[*f.Object].File != ""
		for _, c := range f.Causes {
			more := trace(c.Object, c.Field)
			if (!exists || !written(places)) && written(more) {
				exists = true
				places = append(more, places...)
			} else {
				places = append(places, more...)
			}
		}
		apply(f, places)
		pinpoint(f, byRef[*f.Object], places)
	}
}

// pinpoint moves the source of a finding about a piece of a text to the line of it. Where the
// field holds several texts, the first that has the piece is meant.
func pinpoint(f *finding.Finding, o manifest.Object, places []manifest.Place) {
	if f.Line == 0 && f.Quote == "" || len(places) == 0 || f.Source == nil {
		return
	}
	place, line := places[0], f.Line
	// A value of a platform is put together from many places: the line is known where one text is all of it.
	if o.File == "" && (place.Text == 0 || place.Role != manifest.Literal) {
		return
	}
	if line == 0 {
		value, _ := manifest.Lookup(o.Value, manifest.ParsePath(f.Field))
		at, text := leafWith(value, f.Quote, manifest.ParsePath(f.Field))
		if text == "" {
			return
		}
		place = o.Origin.Trace(at, "")[0]
		before, _, _ := strings.Cut(text, f.Quote)
		line = strings.Count(before, "\n") + 1
	}
	switch {
	case place.Text > 0:
		f.Source = &finding.Position{File: f.Source.File, Line: place.Text + line - 1}
	case f.Line == 0:
		f.Source = &place.Position
	}
}

// leafWith finds the first text within a value that has a piece.
func leafWith(value any, piece string, at manifest.Path) (manifest.Path, string) {
	switch v := value.(type) {
	case string:
		if strings.Contains(v, piece) {
			return at, v
		}
	case []any:
		for i, item := range v {
			if found, text := leafWith(item, piece, at.Append(i)); text != "" {
				return found, text
			}
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if found, text := leafWith(v[key], piece, at.Append(key)); text != "" {
				return found, text
			}
		}
	}
	return nil, ""
}

// written tells whether the first place is in the team's own files.
func written(places []manifest.Place) bool {
	return len(places) > 0 && (places[0].Role == manifest.Literal || places[0].Role == manifest.Part || places[0].Role == manifest.Use)
}

// maxRelated bounds how many places beside the first a finding names.
const maxRelated = 3

func apply(f *finding.Finding, places []manifest.Place) {
	if len(places) == 0 {
		return
	}
	f.Source = &places[0].Position
	for _, p := range places[1:] {
		if len(f.Related) < maxRelated && p.Position != *f.Source && !slices.Contains(f.Related, p.Position) {
			f.Related = append(f.Related, p.Position)
		}
	}
	for _, p := range places {
		if p.Role == manifest.Literal || p.Role == manifest.Part {
			return
		}
		if p.Role == manifest.Default {
			f.Message += fmt.Sprintf(" (a default of the schema, %s)", p.Position)
			return
		}
		if p.Role == manifest.Template {
			f.Message += fmt.Sprintf(" (written by the render, %s)", p.Position)
			return
		}
	}
}
