package manifest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"sort"

	"tenon.dev/tenon/internal/finding"
)

// Read reads every document of a file or stream of any length; no document of it may be longer than so many bytes. The
// items of a long list, as kubectl get writes it, count as documents. What fits into the bound is read as a whole.
func Read(file string, r io.Reader, most int) (Parsed, error) {
	var q Queue
	if err := q.Read(file, r, most); err != nil {
		return Parsed{}, err
	}
	return q.Wait(), nil
}

// Read reads as the function of that name does, side by side with what else the queue holds.
func (q *Queue) Read(file string, r io.Reader, most int) error {
	head, err := io.ReadAll(io.LimitReader(r, int64(most)+1))
	if err != nil {
		return err
	}
	if len(head) <= most {
		q.Add(func() Parsed { return Parse(file, head) })
		return nil
	}
	all := io.MultiReader(bytes.NewReader(head), r)
	if first := bytes.TrimSpace(head); bytes.HasPrefix(first, []byte("{")) {
		parsed, err := readJSON(file, all, most)
		q.Add(func() Parsed { return parsed })
		return err
	}
	if _, found := plainText(file, head[:2]); len(found) > 0 {
		q.Add(func() Parsed { return Parsed{Findings: found} })
		return nil
	}
	s := stream{file: file, most: most, part: min(most/4, 128<<10), queue: q}
	return s.read(bufio.NewReaderSize(all, 1<<16))
}

// stream cuts a long text in YAML at the separators that kubectl cuts at, and long lists at their items.
type stream struct {
	file string
	most int
	// part is how much is parsed at a time, in bytes.
	part  int
	queue *Queue

	// text is what was read and not parsed, from the line first on, counted from 0; next is the line after it.
	text        []byte
	first, next int
	// document is where in text the last document begins; items, whether its lines are items of a list, of which some
	// were parsed.
	document      int
	items, opened bool
	cut           bool
	// head are the lines before the items that say of what kind the list is; empty where that stands behind them.
	head string
	// dropping a document that is too long, up to the next separator.
	dropping bool
}

func (s *stream) read(r *bufio.Reader) error {
	for {
		line, err := s.line(r)
		if len(line) > 0 {
			s.add(line)
		}
		if err == io.EOF {
			s.flush()
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// line reads one; of one that no document may be as long as, the rest is left out.
func (s *stream) line(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		piece, err := r.ReadSlice('\n')
		if len(line) <= s.most {
			line = append(line, piece...)
		}
		if err != bufio.ErrBufferFull {
			return line, err
		}
	}
}

func (s *stream) add(line []byte) {
	defer func() { s.next++ }()
	switch {
	case separates(line):
		s.end()
	case s.dropping:
		return
	case s.items && bytes.HasPrefix(line, []byte("- ")):
		s.opened = true
		if len(s.text)-s.document >= s.part {
			s.flushItems()
		}
	case bytes.Equal(bytes.TrimRight(line, " \r\n"), []byte("items:")):
		s.items, s.head = true, headOf(s.text[s.document:])
	case s.items && !s.opened:
		s.items = false // a list that is indented, or none
	}
	s.text = append(s.text, line...)
	if len(s.text)-s.document > s.most {
		s.drop()
	}
}

// separates tells whether kubectl ends a document at a line.
func separates(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("---"))
	if !ok {
		return false
	}
	rest = bytes.TrimSpace(rest)
	return len(rest) == 0 || rest[0] == '#'
}

// end ends a document. What is before it is parsed where that is enough.
func (s *stream) end() {
	if s.cut || s.dropping || len(s.text) >= s.part {
		s.flush()
	}
	s.document = len(s.text)
	s.items, s.opened, s.cut, s.dropping, s.head = false, false, false, false, ""
}

// headOf are the lines of a list that say of what kind it is.
func headOf(text []byte) string {
	var head []byte
	for line := range bytes.Lines(text) {
		if bytes.HasPrefix(line, []byte("kind:")) || bytes.HasPrefix(line, []byte("apiVersion:")) {
			head = append(head, line...)
		}
	}
	if !bytes.Contains(head, []byte("kind:")) {
		return ""
	}
	return string(head)
}

// listHead stands before the items of a list of which the kind stands behind them.
const listHead = "apiVersion: v1\nkind: List\nitems:\n"

// flush parses what was read.
func (s *stream) flush() {
	head := ""
	if s.cut {
		head = s.head + "items:\n" // or the rest of the list says what it is
	}
	s.parse(head, s.text)
}

// flushItems parses the documents before a list, and those of its items that were read.
func (s *stream) flushItems() {
	head := listHead
	if s.head != "" {
		head = s.head + "items:\n"
	}
	if !s.cut {
		s.parsePart("", s.text[:s.document])
		s.text, head = s.text[s.document:], "kind: List\n"
		if s.head != "" {
			head = ""
		}
		if end := bytes.IndexByte(s.text, '\n') + 1; separates(s.text[:end]) {
			s.text, s.first = s.text[end:], s.first+1
		}
	}
	s.parse(head, s.text)
	s.cut = true
}

func (s *stream) parse(head string, text []byte) {
	s.parsePart(head, text)
	s.text, s.document = nil, 0
	s.first = s.next
}

// parsePart parses lines that begin at the first that was not parsed, behind lines that are not the file's.
func (s *stream) parsePart(head string, text []byte) {
	if len(text) == 0 {
		return
	}
	text = append([]byte(head), text...)
	line := s.first - bytes.Count([]byte(head), []byte("\n"))
	s.queue.Add(func() Parsed { return parseAt(s.file, text, line) })
	s.first += bytes.Count(text[len(head):], []byte("\n"))
}

// drop leaves out a document that is too long.
func (s *stream) drop() {
	s.parsePart("", s.text[:s.document])
	long := tooLong(s.file, s.first+1, s.most)
	s.queue.Add(func() Parsed { return Parsed{Findings: []finding.Finding{long}} })
	s.text, s.document, s.dropping = nil, 0, true
	s.first = s.next + 1
}

func tooLong(file string, line, most int) finding.Finding {
	return finding.Finding{
		Rule: "input/too-large", Severity: finding.Error, Source: &finding.Position{File: file, Line: line},
		Message: fmt.Sprintf("the document is larger than %d MiB and was not checked", most>>20),
		Remedy:  "split it: no server stores an object above 1.5 MiB",
	}
}

// readJSON reads a long stream in JSON.
func readJSON(file string, r io.Reader, most int) (Parsed, error) {
	counted := &lines{r: r}
	decoder := json.NewDecoder(counted)
	var all Parsed
	for {
		var value json.RawMessage
		switch err := decoder.Decode(&value); {
		case err == io.EOF:
			return all, nil
		case err != nil && counted.err != nil:
			return all, counted.err
		case err != nil:
			all.Findings = append(all.Findings, finding.Finding{
				Rule: "input/unreadable", Severity: finding.Error, Source: &finding.Position{File: file},
				Message: "the file does not parse as JSON: " + err.Error(), Remedy: "see what wrote it",
			})
			return all, nil
		}
		all.json(file, value, counted.before(decoder.InputOffset()-int64(len(value))), most)
	}
}

// json adds a value that begins behind so many lines; of one that is too long, its items.
func (p *Parsed) json(file string, value json.RawMessage, line, most int) {
	if len(value) <= most {
		p.Append(parseAt(file, value, line))
		return
	}
	list, lists := p.listOf(value)
	if lists != 1 {
		p.Findings = append(p.Findings, tooLong(file, line+1, most))
		return
	}
	decoder := json.NewDecoder(bytes.NewReader(value))
	_, _ = decoder.Token() // the brace
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			break
		}
		if key != "items" {
			var other json.RawMessage
			_ = decoder.Decode(&other)
			continue
		}
		_, _ = decoder.Token()
		counted, at := line, int64(0)
		for decoder.More() {
			var item json.RawMessage
			if decoder.Decode(&item) != nil {
				break
			}
			begins := decoder.InputOffset() - int64(len(item))
			counted += bytes.Count(value[at:begins], []byte("\n"))
			at = begins
			if len(item) > most {
				p.Findings = append(p.Findings, tooLong(file, counted+1, most))
				continue
			}
			p.document(&document{file: file, line: counted, text: item}, list)
		}
		return
	}
}

// listOf is what a list in JSON says of itself beside its items, and how many lists of items it has: of two of them
// readers take one, and not all the same.
func (p *Parsed) listOf(value json.RawMessage) (list map[string]any, lists int) {
	list = map[string]any{}
	decoder := json.NewDecoder(bytes.NewReader(value))
	_, _ = decoder.Token()
	for decoder.More() {
		key, err := decoder.Token()
		var held json.RawMessage
		if err != nil || decoder.Decode(&held) != nil {
			return list, 0
		}
		switch text := ""; key {
		case "items":
			lists++
			if !bytes.HasPrefix(bytes.TrimSpace(held), []byte("[")) {
				return list, 0
			}
		case "apiVersion", "kind":
			if list[key.(string)] != nil || json.Unmarshal(held, &text) != nil {
				return list, 0
			}
			list[key.(string)] = text
		}
	}
	return list, lists
}

// lines counts those of what is read through it.
type lines struct {
	r   io.Reader
	err error
	// ends are the offsets behind line feeds that were read.
	ends []int64
	read int64
}

func (l *lines) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	for i, b := range p[:n] {
		if b == '\n' {
			l.ends = append(l.ends, l.read+int64(i)+1)
		}
	}
	l.read += int64(n)
	if err != nil && err != io.EOF {
		l.err = err
	}
	return n, err
}

// before is how many lines end before an offset.
func (l *lines) before(offset int64) int {
	return sort.Search(len(l.ends), func(i int) bool { return l.ends[i] > offset })
}
