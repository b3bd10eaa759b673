package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	yamlv3 "go.yaml.in/yaml/v3"
	"golang.org/x/text/encoding/unicode"

	"tenon.dev/tenon/internal/finding"
)

// lineBreaks are what YAML 1.1 ends a line with (https://yaml.org/spec/1.1/#id871136): some readers
// begin a document behind any of them, kubectl only behind the first.
var lineBreaks = []string{"\n", "\r", "\u0085", "\u2028", "\u2029"}

// split cuts a stream into its documents: at the lines that start with three dashes, as kubectl does
// (https://github.com/kubernetes/apimachinery/blob/v0.37.2/pkg/util/yaml/decoder.go), and wherever
// else a reader of YAML would begin a document. What kubectl would not cut is a finding, since what
// stands behind it is applied by some and not seen by others.
func split(file string, data []byte) ([]*document, []finding.Finding) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if documents := splitJSON(file, data); documents != nil {
		return documents, nil
	}
	var documents []*document
	var hidden []finding.Finding
	start, first := 0, 0
	line, counted := 0, 0
	cut := func(end, next, line int) {
		documents = append(documents, &document{file: file, line: first, text: data[start:end]})
		start, first = next, line
	}
	for _, s := range separators(data) {
		line += bytes.Count(data[counted:s.at], []byte("\n"))
		counted = s.at
		if s.plain {
			cut(s.at, s.end, line+1)
			continue
		}
		hidden = append(hidden, finding.Finding{
			Rule: "input/document-separator", Severity: finding.Error, Source: &finding.Position{File: file, Line: line + 1, Column: 1},
			Message: "a document begins here for some readers of YAML and not for others: " + s.why,
			Remedy:  "write --- on a line of its own, ended by a line feed, and the document below it",
		})
		if s.cuts {
			cut(s.at, s.at, line)
		}
	}
	cut(len(data), len(data), 0)
	return documents, hidden
}

// separatorLine is a line that begins with three dashes.
type separatorLine struct {
	at, end int
	// plain: kubectl cuts here.
	plain bool
	// cuts: readers of YAML begin a document here; else kubectl refuses the file.
	cuts bool
	why  string
}

func separators(data []byte) []separatorLine {
	var found []separatorLine
	for from := 0; ; {
		i := bytes.Index(data[from:], []byte("---"))
		if i < 0 {
			return found
		}
		at := from + i
		from = at + 3
		broken := lineStart(data, at)
		if broken == "" {
			continue
		}
		s := separatorLine{at: at, end: lineEnd(data, at)}
		rest := data[at+3 : s.end]
		text := bytes.TrimSpace(rest)
		switch {
		case broken != "\n":
			s.cuts = len(rest) == 0 || isBlank(rest)
			s.why = fmt.Sprintf("the line ends with %U, which kubectl takes for text", firstRune(broken))
		case len(text) == 0 || text[0] == '#':
			s.plain = true
		default:
			s.cuts = isBlank(rest)
			s.why = "kubectl and kustomize refuse text behind the three dashes"
		}
		if s.plain || s.cuts || broken == "\n" {
			found = append(found, s)
		}
	}
}

// isBlank tells whether a text begins with what parts three dashes from a document's content.
func isBlank(rest []byte) bool {
	r, _ := utf8.DecodeRune(rest)
	switch r {
	case ' ', '\t', '\r', '\n', 0x85, 0x2028, 0x2029:
		return true
	}
	return false
}

// lineStart is the break that a place stands behind, or "" where it begins no line. The start of the
// text counts as one.
func lineStart(data []byte, at int) string {
	if at == 0 {
		return "\n"
	}
	for _, b := range lineBreaks {
		if bytes.HasSuffix(data[:at], []byte(b)) {
			return b
		}
	}
	return ""
}

// lineEnd is where the line of a place ends, behind its line feed.
func lineEnd(data []byte, at int) int {
	if i := bytes.IndexByte(data[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(data)
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// behindEnd finds documents behind a line of three dots, which end a document without beginning one:
// kubectl reads none of them.
func (d *document) behindEnd() []finding.Finding {
	// A document in flow style ends with its bracket: what follows begins another for some readers.
	flow := bytes.HasPrefix(bytes.TrimLeft(withoutComments(d.text), " \t\r\n"), []byte("{")) || bytes.HasPrefix(bytes.TrimLeft(d.text, "- \t\r\n"), []byte("{"))
	if !flow && !bytes.Contains(d.text, []byte("...")) || !d.mayBeObject() {
		return nil
	}
	if trimmed := bytes.TrimSpace(d.text); flow && json.Valid(trimmed) {
		return nil
	}
	if at := d.behindJSON(); flow && at > 0 {
		return []finding.Finding{d.behind(bytes.Count(d.text[:at], []byte("\n"))+1, 1)}
	}
	decoder := yamlv3.NewDecoder(bytes.NewReader(d.text))
	for n := 0; ; n++ {
		var node yamlv3.Node
		err := decoder.Decode(&node)
		if errors.Is(err, io.EOF) || err != nil && n == 0 {
			return nil // that the first does not parse is said where it is read
		}
		if n == 0 {
			continue
		}
		if err != nil { // no document that this reader takes, which others may
			node.Line = bytes.Count(d.text[:max(0, bytes.LastIndex(d.text, []byte("...")))], []byte("\n")) + 1
		}
		return []finding.Finding{d.behind(node.Line, node.Column)}
	}
}

// behind is the finding that something stands behind the end of a document, at a line of its text.
func (d *document) behind(line, column int) finding.Finding {
	return finding.Finding{
		Rule: "input/document-separator", Severity: finding.Error,
		Source:  &finding.Position{File: d.file, Line: d.line + max(1, line), Column: max(1, column)},
		Message: "something stands behind the end of the document, which some readers take for another one and others do not see: it was not checked",
		Remedy:  "write --- on a line of its own before it",
	}
}

// behindJSON is where something stands behind a document in JSON, 0 where nothing does. kubectl reads one value of JSON,
// wherever it ends, and goes on in YAML where the next is none (apimachinery, pkg/util/yaml, YAMLOrJSONDecoder).
func (d *document) behindJSON() int {
	start := len(d.text) - len(bytes.TrimLeft(d.text, " \t\r\n"))
	decoder := json.NewDecoder(bytes.NewReader(d.text[start:]))
	var first json.RawMessage
	if decoder.Decode(&first) != nil {
		return 0
	}
	end := start + int(decoder.InputOffset())
	rest := withoutComments(d.text[end:])
	if len(rest) == 0 {
		return 0
	}
	return len(d.text) - len(rest)
}

// withoutComments leaves out the comments that a text begins with.
func withoutComments(text []byte) []byte {
	for {
		text = bytes.TrimLeft(text, " \t\r\n")
		if !bytes.HasPrefix(text, []byte("#")) {
			return text
		}
		i := bytes.IndexByte(text, '\n')
		if i < 0 {
			return nil
		}
		text = text[i:]
	}
}

// plainText turns a file in UTF-16 into UTF-8. kubectl reads at most its first document, so that this
// is a finding whatever it holds.
func plainText(file string, data []byte) ([]byte, []finding.Finding) {
	if !bytes.HasPrefix(data, []byte("\xff\xfe")) && !bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return data, nil
	}
	text, err := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Bytes(data)
	if err != nil {
		text = nil
	}
	return text, []finding.Finding{{
		Rule: "input/encoding", Severity: finding.Error, Source: &finding.Position{File: file, Line: 1, Column: 1},
		Message: "the file is written in UTF-16: kubectl finds no separator in it and reads its first document at most",
		Remedy:  "write it in UTF-8",
	}}
}

// maxDepth bounds how deep the values of a document may lie in each other: what people write lies some
// dozens deep, and everything that looks at a value does so by recursion. Parsers stop at 10,000.
const maxDepth = 200

// tooDeep is the finding about a value that is nested deeper than maxDepth.
func (d *document) tooDeep(value any) *finding.Finding {
	if !Deeper(value, maxDepth) {
		return nil
	}
	return &finding.Finding{
		Rule: "input/too-deep", Severity: finding.Error, Source: &finding.Position{File: d.file, Line: d.line + 1},
		Message: fmt.Sprintf("values lie more than %d deep in each other: the document was not checked", maxDepth),
		Remedy:  "no object of Kubernetes is nested like this: see what wrote the file",
	}
}

// Deeper tells whether values lie more than so many levels deep in each other.
func Deeper(value any, levels int) bool {
	if levels < 0 {
		return true
	}
	switch v := value.(type) {
	case map[string]any:
		for _, inner := range v {
			if Deeper(inner, levels-1) {
				return true
			}
		}
	case []any:
		for _, inner := range v {
			if Deeper(inner, levels-1) {
				return true
			}
		}
	}
	return false
}
