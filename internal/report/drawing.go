package report

import (
	"fmt"
	"slices"
)

// drawing is a pipeline laid out from left to right, in the units of an SVG.
type drawing struct {
	Name          string
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
	gapX, gapY          = 50, 18
)

func drawings(pipelines []Pipeline) []drawing {
	var all []drawing
	for _, p := range pipelines {
		all = append(all, draw(p))
	}
	return all
}

// draw puts each task into the column behind the last of those that it waits for, and what runs
// finally into the last column.
func draw(p Pipeline) drawing {
	column := map[string]int{}
	last := 0
	for range p.Tasks { // as many times as the longest chain has tasks
		for _, t := range p.Tasks {
			for _, before := range t.After {
				column[t.Name] = max(column[t.Name], column[before]+1)
			}
			last = max(last, column[t.Name])
		}
	}
	d := drawing{Name: p.Name, Text: "Pipeline " + p.Name + ":"}
	rows := map[int]int{}
	at := map[string]box{}
	for _, t := range p.Tasks {
		c := column[t.Name]
		if t.Finally {
			c = last + 1
		}
		b := box{X: 10 + c*(boxWidth+gapX), Y: 10 + rows[c]*(boxHeight+gapY), W: boxWidth, H: boxHeight, Name: t.Name, Change: string(t.Change)}
		rows[c]++
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
			l := line{X1: from.X + boxWidth, Y1: from.Y + boxHeight/2, X2: to.X, Y2: to.Y + boxHeight/2}
			l.Middle = (l.X1 + l.X2) / 2
			d.Lines = append(d.Lines, l)
		}
	}
	return d
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
