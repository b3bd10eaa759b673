package gate

import (
	"slices"
	"strings"

	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/finding"
)

// blame points changes that the schema or the render has in its own lines, such as a quota that is a sum, at the one place
// that the change edits in the team's files, where there is one alone: nothing else can have led to them.
func (g *gate) blame(changes []diff.Object) error {
	at, err := g.soleEdit()
	if err != nil || at == nil {
		return err
	}
	for i := range changes {
		o := &changes[i]
		for j := range o.Changes {
			c := &o.Changes[j]
			if c.Op != diff.Removed && (c.Source == nil || isVendored(c.Source.File)) {
				c.Source = at
			}
		}
	}
	return nil
}

func isVendored(file string) bool {
	return strings.HasPrefix(file, "cue/cue.mod/") || strings.HasPrefix(file, "cue/schema/") || strings.HasPrefix(file, "cue/render/")
}

// soleEdit is the line of the head at which the team's CUE differs from the base's, where it does in one place alone.
func (g *gate) soleEdit() (*finding.Position, error) {
	old, err := textsOf(g.Base.FS, "cue")
	if err != nil {
		return nil, err
	}
	now, err := textsOf(g.Head.FS, "cue")
	if err != nil {
		return nil, err
	}
	var at *finding.Position
	for name, text := range now {
		before, known := old[name]
		if string(text) == string(before) || isVendored(name) && known {
			continue
		}
		if at != nil || !known || isVendored(name) {
			return nil, nil
		}
		lines := strings.Split(string(text), "\n")
		line, alone := soleHunk(strings.Split(string(before), "\n"), lines)
		if !alone || line > len(lines) {
			return nil, nil
		}
		indent := len(lines[line-1]) - len(strings.TrimLeft(lines[line-1], "\t "))
		at = &finding.Position{File: name, Line: line, Column: indent + 1}
	}
	for name := range old {
		if _, stays := now[name]; !stays {
			return nil, nil
		}
	}
	return at, nil
}

// fewLines is how many lines one edit has at most: of more nobody knows which one led to what.
const fewLines = 3

// soleHunk is the first line of the head that differs, counted from 1, where what differs are few lines beside each other.
func soleHunk(before, after []string) (line int, alone bool) {
	start := 0
	for start < min(len(before), len(after)) && before[start] == after[start] {
		start++
	}
	before, after = slices.Clone(before[start:]), slices.Clone(after[start:])
	slices.Reverse(before)
	slices.Reverse(after)
	same := 0
	for same < min(len(before), len(after)) && before[same] == after[same] {
		same++
	}
	return start + 1, len(after)-same <= fewLines && len(before)-same <= fewLines
}
