package report

import (
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/veil"
)

// sources gives excerpts of files. Each is read and looked through once, however many findings it has.
type sources struct {
	read    func(string) ([]byte, error)
	objects func(string) ([]manifest.Object, bool)
	files   map[string]*source
}

// source is one file with what may not be shown of it.
type source struct {
	name   string
	lines  []string
	hidden *veil.Scrubber
	// shown are the lines as they may be shown.
	shown map[int]string
}

func newSources(read func(string) ([]byte, error), objects func(string) ([]manifest.Object, bool)) *sources {
	if read == nil {
		return nil
	}
	if objects == nil {
		objects = func(string) ([]manifest.Object, bool) { return nil, false }
	}
	return &sources{read: read, objects: objects, files: map[string]*source{}}
}

// Excerpts gives lines of files as they may be shown.
type Excerpts struct{ of *sources }

// NewExcerpts reads files by read.
func NewExcerpts(read func(file string) ([]byte, error)) Excerpts {
	return Excerpts{newSources(read, nil)}
}

// Line is the line at a place; not ok where it may not be shown, or there is none.
func (e Excerpts) Line(at finding.Position) (line string, ok bool) {
	lines := e.of.lines(at.File, at.Line, at.Line)
	if len(lines) == 0 {
		return "", false
	}
	return lines[0], true
}

// prepare opens the files of findings side by side: to look through one takes as long as to check it.
func (s *sources) prepare(found []finding.Finding) {
	if s == nil {
		return
	}
	for _, f := range found {
		if f.Source != nil && f.Source.Line > 0 && isManifest(f.Source.File) && quotable(f) {
			s.files[f.Source.File] = nil
		}
	}
	names := slices.Sorted(maps.Keys(s.files))
	opened := make([]*source, len(names))
	texts := make([][]byte, len(names)) // whoever reads them may not be asked by several at a time
	for i, name := range names {
		texts[i], _ = s.read(name)
	}
	var next atomic.Int64
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(names)); i = next.Add(1) - 1 {
				if texts[i] != nil {
					opened[i] = s.source(names[i], texts[i])
				}
			}
		})
	}
	group.Wait()
	for i, name := range names {
		s.files[name] = opened[i]
	}
}

// lines are those from and to of a file, counted from 1, as they may be shown; none where that is not known.
func (s *sources) lines(file string, from, to int) []string {
	known, ok := s.files[file]
	if !ok {
		known = s.open(file)
		s.files[file] = known
	}
	if known == nil || from < 1 || from > len(known.lines) {
		return nil
	}
	var all []string
	for n := from; n <= min(to, len(known.lines)); n++ {
		line, ok := known.line(n)
		if !ok {
			return nil
		}
		all = append(all, line)
	}
	return all
}

func (s *sources) open(file string) *source {
	data, err := s.read(file)
	if err != nil {
		return nil
	}
	return s.source(file, data)
}

func (s *sources) source(file string, data []byte) *source {
	known := &source{name: file, shown: map[int]string{}}
	text := string(data)
	known.lines = strings.Split(text, "\n")
	if isManifest(file) {
		// What an object holds is known by where it stands, not by how its lines look.
		var values []string
		objects, held := s.objects(file)
		if !held {
			objects = manifest.Parse(file, data).Objects
		}
		for _, o := range objects {
			values = append(values, veil.Values(o.Kind, o.Value)...)
		}
		known.hidden = veil.NewScrubber(values)
	}
	return known
}

func (s *source) line(n int) (string, bool) {
	if line, ok := s.shown[n]; ok {
		return line, line != unshown
	}
	line, ok := s.veiled(n)
	if !ok {
		line = unshown
	}
	s.shown[n] = line
	return line, ok
}

// unshown marks a line that may not be shown.
const unshown = "\x00"

// around is how many lines on both sides count for what a line may show.
const around = 40

func (s *source) veiled(n int) (string, bool) {
	raw := s.lines[n-1]
	if s.hidden.Scrub(raw) != raw {
		return veil.Hidden, true
	}
	low, high := max(0, n-1-around), min(len(s.lines), n+around)
	shown := veil.Excerpt(s.name, strings.Join(s.lines[low:high], "\n"), n-low, n-low)
	if len(shown) == 0 {
		return "", false
	}
	line := command.ReplaceAllString(escaped(strings.TrimRight(shown[0], "\r"), true), `# #$1[`)
	if len(line) > maxExcerpt {
		line = strings.ToValidUTF8(line[:maxExcerpt], "") + "..."
	}
	return line, true
}
