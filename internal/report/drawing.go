package report

import (
	"fmt"
	"slices"
)

// drawing is a pipeline laid out from top to bottom, in the units of an SVG.
type drawing struct {
	Name string
	// Number among the drawings of the page.
	Number        int
	Width, Height int
	Boxes         []box
	Lines         []line
	// Text says the same for who cannot see it.
	Text string
}

type box struct {
	X, Y, W, H    int
	Name, Note    string
	Change        string
	TextX         int
	NameY, NoteY2 int
}

type line struct{ X1, Y1, X2, Y2, Middle int }

const (
	boxWidth, boxHeight = 210, 46
	gapX, gapY          = 20, 34
	// abreast is how many tasks stand beside each other at most, so that their names can be read on a narrow page.
	abreast = 4
)

func drawings(pipelines []Pipeline) []drawing {
	var all []drawing
	for i, p := range pipelines {
		d := draw(p)
		d.Number = i
		all = append(all, d)
	}
	return all
}

// draw puts each task into a row below the last of those that it waits for, and what runs finally into the last one.
func draw(p Pipeline) drawing {
	depth := map[string]int{}
	last := 0
	for range p.Tasks { // as many times as the longest chain has tasks
		for _, t := range p.Tasks {
			for _, before := range t.After {
				depth[t.Name] = max(depth[t.Name], depth[before]+1)
			}
			last = max(last, depth[t.Name])
		}
	}
	d := drawing{Name: p.Name, Text: "Pipeline " + p.Name + ":"}
	for _, t := range p.Tasks {
		if t.Finally {
			depth[t.Name] = last + 1
		}
	}
	places := arrange(p, depth, last+1)
	at := map[string]box{}
	for _, t := range p.Tasks {
		b := box{X: places[t.Name].x, Y: places[t.Name].y, W: boxWidth, H: boxHeight, Name: t.Name, Change: string(t.Change)}
		b.TextX, b.NameY, b.NoteY2 = b.X+12, b.Y+20, b.Y+37
		b.Note = note(t)
		at[t.Name] = b
		d.Boxes = append(d.Boxes, b)
		d.Width, d.Height = max(d.Width, b.X+boxWidth+10), max(d.Height, b.Y+boxHeight+10)
		d.Text += fmt.Sprintf(" %s", t.Name)
		if len(t.After) > 0 {
			d.Text += fmt.Sprintf(" after %v", t.After)
		}
		if t.Change != "" {
			d.Text += " (" + string(t.Change) + ")"
		}
		d.Text += ";"
	}
	for _, t := range p.Tasks {
		for _, before := range slices.Sorted(slices.Values(t.After)) {
			from, to := at[before], at[t.Name]
			l := line{X1: from.X + boxWidth/2, Y1: from.Y + boxHeight, X2: to.X + boxWidth/2, Y2: to.Y}
			l.Middle = (l.Y1 + l.Y2) / 2
			d.Lines = append(d.Lines, l)
		}
	}
	return d
}

type place struct{ x, y int }

// arrange gives each task its place: the tasks of one depth beside each other, in further rows where they are many.
func arrange(p Pipeline, depth map[string]int, deepest int) map[string]place {
	places := map[string]place{}
	row := 0
	for d := range deepest + 1 {
		column := 0
		for _, t := range p.Tasks {
			if depth[t.Name] != d {
				continue
			}
			if column == abreast {
				column, row = 0, row+1
			}
			places[t.Name] = place{10 + column*(boxWidth+gapX), 10 + row*(boxHeight+gapY)}
			column++
		}
		if column > 0 {
			row++
		}
	}
	return places
}

func note(t PipelineTask) string {
	text := ""
	if t.Pool != "" {
		text = "pool " + t.Pool
	}
	if t.Finally {
		text += " · finally"
	}
	if t.Change != "" {
		text += " · " + string(t.Change)
	}
	if len(text) > 3 && text[:3] == " · " {
		text = text[len(" · "):]
	}
	return text
}
