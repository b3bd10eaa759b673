package manifest

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	yamlv3 "go.yaml.in/yaml/v3"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/finding"
)

var yamlLine = regexp.MustCompile(`line (\d+)`)

// unreadable makes a finding of a parse error, with the line in the file.
func (d *document) unreadable(err error) []finding.Finding {
	if !d.mayBeObject() {
		return []finding.Finding{{
			Rule: "input/not-read", Severity: finding.Info, Source: &finding.Position{File: d.file, Line: d.line + 1, Column: 1},
			Message: "the document does not parse, and names no apiVersion: it is taken for no manifest",
			Remedy:  "nothing, if it is none",
		}}
	}
	if twice := d.duplicates(); len(twice) > 0 {
		return twice
	}
	message := strings.TrimPrefix(err.Error(), "error converting YAML to JSON: ")
	message = Unquoted(strings.TrimPrefix(message, "yaml: "))
	line := 1
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1])
		message = yamlLine.ReplaceAllStringFunc(message, func(found string) string {
			n, _ := strconv.Atoi(strings.TrimPrefix(found, "line "))
			return fmt.Sprintf("line %d", n+d.line)
		})
	}
	if at := templateForm.FindIndex(d.text); at != nil {
		return []finding.Finding{{
			Rule: "input/not-read", Severity: finding.Info, Source: &finding.Position{File: d.file, Line: d.line + bytes.Count(d.text[:at[0]], []byte("\n")) + 1},
			Message: "the document is a template, such as Helm's: what it makes is not known here",
			Remedy:  "render it: tenon check --helm CHART, with --values FILE as where it is installed",
		}}
	}
	if at := otherTemplate.FindIndex(d.text); at != nil {
		return []finding.Finding{{
			Rule: "input/not-read", Severity: finding.Info, Source: &finding.Position{File: d.file, Line: d.line + bytes.Count(d.text[:at[0]], []byte("\n")) + 1},
			Message: "the document is a template, such as Jinja's or ERB's: what it makes is not known here",
			Remedy:  "fill it in, and pipe the result: tenon check -",
		}}
	}
	f := finding.Finding{
		Rule: "input/yaml", Severity: finding.Error,
		Message: "the document does not parse: " + message,
		Source:  &finding.Position{File: d.file, Line: d.line + line, Column: 1},
	}
	if scalar, text := d.endedScalar(line); scalar > 0 {
		f.Message = fmt.Sprintf("text at column 1 ended the block scalar opened at line %d, so the document does not parse", d.line+scalar)
		f.Remedy = "indent the text as deep as the scalar's first line; a shell heredoc may use <<- with tabs"
		f.Source.Line = d.line + text
		f.Related = []finding.Position{{File: d.file, Line: d.line + scalar}}
	}
	if at := indentedByTab.FindIndex(d.text); at != nil && strings.Contains(message, "cannot start any token") {
		f.Message = "the document does not parse: a line is indented by a tab"
		f.Remedy = "indent by blanks: YAML takes no tab for it"
		f.Source.Line = d.line + bytes.Count(d.text[:at[0]], []byte("\n")) + 1
	}
	if at := notUTF8(d.text); at >= 0 {
		f.Message = fmt.Sprintf("the document does not parse: the byte 0x%02x is no UTF-8", d.text[at])
		f.Remedy = "save the file in UTF-8"
		f.Source.Line, f.Source.Column = d.line+bytes.Count(d.text[:at], []byte("\n"))+1, at-bytes.LastIndexByte(d.text[:at], '\n')
	}
	if at := bytes.Index(d.text, []byte("{{")); at >= 0 && strings.Contains(message, "invalid map key") {
		f.Message = "the document does not parse: a template was not filled in"
		f.Remedy = "render the template first, or put quotes around what stands in double braces"
		f.Source.Line = d.line + bytes.Count(d.text[:at], []byte("\n")) + 1
	}
	return []finding.Finding{f}
}

// templateForm fits what Go's templates say, and no other braces; indentedByTab a line that a tab stands before.
var (
	templateForm  = regexp.MustCompile(`\{\{-?\s*(?:\.(?:Values|Release|Chart|Capabilities|Template|Files)\b|include\s|template\s|if\s|range\s|with\s|define\s|end\b|else\b|toYaml\s|\$)`)
	otherTemplate = regexp.MustCompile(`(?m)\{%-?\s*(?:if|for|set|include|extends|macro|block|end\w+)\b|<%[=-]?\s|^\s*[\w.-]+:\s*@@?[A-Z][A-Z0-9_]*@@?\s*$`)
	indentedByTab = regexp.MustCompile(`(?m)^ *\t`)
)

// notUTF8 is where a text is no UTF-8, or -1.
func notUTF8(text []byte) int {
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return -1
}

// mayBeObject tells whether a text may be meant for an object: all have the word, or write it with escapes.
func (d *document) mayBeObject() bool {
	return bytes.Contains(bytes.ToLower(d.text), []byte("apiversion")) || bytes.Contains(d.text, []byte(`\x`)) || bytes.Contains(d.text, []byte(`\u`))
}

// quotes fits what a parser quotes of a document, in all its ways of doing so.
var quotes = regexp.MustCompile("`[^`]*`|'[^']*'|\"[^\"]*\"|\\bmap\\[.*|: *\\[\\]interface.*")

// Unquoted is what a parser says of a text without what it quotes of it: of a document that does not parse nobody
// knows what is a secret in it.
func Unquoted(message string) string {
	message = quotes.ReplaceAllStringFunc(message, func(found string) string {
		if known[strings.Trim(found, "`'\"")] || strings.HasPrefix(found, "map[string]") {
			return found
		}
		return "..."
	})
	return strings.TrimRight(message, " :")
}

// known are words of the language that parsers quote.
var known = map[string]bool{"<<": true, "-": true, "?": true, ":": true, ",": true, "]": true, "}": true, "%": true, "@": true, "!": true, "&": true, "*": true}

// duplicates lists the keys that a mapping has twice: of the two values a reader takes one, and
// not every reader the same.
func (d *document) duplicates() []finding.Finding {
	var found []finding.Finding
	var visit func(node *yamlv3.Node, at Path)
	visit = func(node *yamlv3.Node, at Path) {
		if len(at) > maxDepth {
			return // that is said by itself
		}
		first := map[string]*yamlv3.Node{}
		for i, child := range node.Content {
			switch {
			case node.Kind == yamlv3.MappingNode && i%2 == 0:
				key := written(child)
				if before := first[key]; before != nil && key != "<<" {
					found = append(found, finding.Finding{
						Rule: "types/duplicate-field", Severity: finding.Error,
						Message: finding.Clip(fmt.Sprintf("field %q is given twice", at.Append(child.Value))),
						Remedy:  "keep one of them: which one counts depends on the reader, and the API server refuses both",
						Source:  &finding.Position{File: d.file, Line: d.line + child.Line, Column: child.Column},
						Related: []finding.Position{{File: d.file, Line: d.line + before.Line, Column: before.Column}},
					})
				}
				first[key] = child
			case node.Kind == yamlv3.MappingNode:
				visit(child, at.Append(node.Content[i-1].Value))
			case node.Kind == yamlv3.SequenceNode:
				visit(child, at.Append(i))
			default:
				visit(child, at)
			}
		}
	}
	var node yamlv3.Node
	if yamlv3.Unmarshal(d.text, &node) == nil {
		visit(&node, nil)
	}
	return found
}

// oddKey fits a key that is perhaps no text: a number, or a word of YAML 1.1.
var oddKey = regexp.MustCompile(`(?mi)(?:^|[\s{,])(?:[-+.]?[0-9][\w.+-]*|true|false|yes|no|on|off|y|n|null|~)\s*:(?:\s|$)`)

// hasOddKey tells whether a key is no text for YAML: it may be two for YAML and one for JSON, such as 1 and "1", of which
// either value counts, or be read as another word than the one that stands there.
func (d *document) hasOddKey() bool { return mayHaveOddKey(d.text) && oddKey.Match(d.text) }

// isBoolean tells whether a key is a word that YAML 1.1 takes for true or false, and another word than these.
func isBoolean(key *yamlv3.Node) bool {
	word := strings.ToLower(key.Value)
	return key.Kind == yamlv3.ScalarNode && key.Style == 0 && slices.Contains([]string{"y", "n", "yes", "no", "on", "off"}, word)
}

// booleanKeys lists the keys of an object that are read as true or false.
func (d *document) booleanKeys(value any) []finding.Finding {
	if object, _ := value.(map[string]any); object["apiVersion"] == nil || object["kind"] == nil {
		return nil
	}
	var found []finding.Finding
	var visit func(node *yamlv3.Node)
	visit = func(node *yamlv3.Node) {
		for i, child := range node.Content {
			if as := written(child); node.Kind == yamlv3.MappingNode && i%2 == 0 && isBoolean(child) && as != child.Value {
				found = append(found, finding.Finding{
					Rule: "types/boolean-key", Severity: finding.Warning, Source: &finding.Position{File: d.file, Line: d.line + child.Line, Column: child.Column},
					Message: fmt.Sprintf("the key %s is read as %s", child.Value, as), Remedy: fmt.Sprintf("write %q, with quotes", child.Value),
				})
			}
			visit(child)
		}
	}
	if node := d.node(); node != nil {
		visit(node)
	}
	return found
}

// oddWords are those of oddKey.
var oddWords = []string{"true", "false", "yes", "no", "on", "off", "y", "n", "null", "~"}

// mayHaveOddKey tells whether a key before a colon begins as oddKey does: most documents have none, and the expression
// takes a hundred times as long to say so.
func mayHaveOddKey(text []byte) bool {
	for at := 0; ; at++ {
		colon := bytes.IndexByte(text[at:], ':')
		if colon < 0 {
			return false
		}
		at += colon
		if at+1 < len(text) && !bytes.ContainsRune([]byte(" \t\n\f\r"), rune(text[at+1])) {
			continue
		}
		key := bytes.TrimRight(text[:at], " \t\n\f\r")
		key = key[bytes.LastIndexAny(key, " \t\n\f\r{,")+1:]
		if len(key) > 0 && (bytes.IndexByte([]byte("-+.0123456789"), key[0]) >= 0 || slices.ContainsFunc(oddWords, func(word string) bool { return strings.EqualFold(string(key), word) })) {
			return true
		}
	}
}

// written is a key as JSON has it, where all keys are texts.
func written(key *yamlv3.Node) string {
	if key.Kind != yamlv3.ScalarNode || key.Style != 0 {
		return key.Value
	}
	var value map[string]any
	text, err := yaml.YAMLToJSON([]byte(key.Value + ": 1\n"))
	if err != nil || kjson.UnmarshalCaseSensitivePreserveInts(text, &value) != nil || len(value) != 1 {
		return key.Value
	}
	for as := range value {
		return as
	}
	return key.Value
}

// tooLarge is the finding about a document whose aliases make more of it than a file may hold.
func (d *document) tooLarge() *finding.Finding {
	if err := confine.YAML(d.text); err != nil {
		return &finding.Finding{
			Rule: "input/too-large", Severity: finding.Error, Source: &finding.Position{File: d.file, Line: d.line + 1},
			Message: err.Error() + ": the document was not checked",
			Remedy:  "write out what the object needs; etcd stores none above 1.5 MiB",
		}
	}
	return nil
}

// recover reads a document that does not parse as far as the mistake can be seen through, so
// that it does not hide the others: nil where it cannot.
func (d *document) recover() any {
	text := reindent(d.text)
	if confine.YAML(text) != nil {
		return nil // its aliases could not be counted before it was mended
	}
	json, err := yaml.YAMLToJSON(text)
	if err != nil {
		return nil
	}
	var value any
	if kjson.UnmarshalCaseSensitivePreserveInts(json, &value) != nil {
		return nil
	}
	d.text = text
	return value
}

var heredoc = regexp.MustCompile(`<<-?\s*\\?["']?([A-Za-z_][A-Za-z0-9_]*)["']?`)
var opensQuote = regexp.MustCompile(`(\s-c|=)\s*(["'])\s*$`)

// reindent moves the lines of heredocs and of quoted programs that stand left of their block
// scalar to where it begins. No line is added or removed, so that lines keep their numbers.
func reindent(text []byte) []byte {
	lines := strings.Split(string(text), "\n")
	margin, end := -1, "" // of the scalar's text; what ends the heredoc or quote
	inside := false
	for i, line := range lines {
		trimmed := strings.TrimSpace(line)
		indent := len(line) - len(strings.TrimLeft(line, " "))
		switch {
		case inside && margin < 0 && trimmed != "":
			margin = indent
		case end != "" && margin > 0:
			if indent < margin && trimmed != "" {
				lines[i] = strings.Repeat(" ", margin) + strings.TrimLeft(line, "\t")
			}
			if trimmed == end || len(end) == 1 && strings.HasPrefix(trimmed, end) {
				end = ""
			}
			continue
		case inside && trimmed != "" && indent < margin:
			inside = false
		}
		if opensScalar.MatchString(line) && !inside {
			inside, margin = true, -1
			continue
		}
		if !inside {
			continue
		}
		if m := heredoc.FindStringSubmatch(line); m != nil {
			end = m[1]
		} else if m := opensQuote.FindStringSubmatch(line); m != nil {
			end = m[2]
		}
	}
	return []byte(strings.Join(lines, "\n"))
}

var opensScalar = regexp.MustCompile(`^\s+.*:\s+[|>][-+0-9]*\s*$`)
var mappingKey = regexp.MustCompile(`^(---|\.\.\.|#|-( |$)|["']?[A-Za-z_][\w./-]*["']?:( |$))`)

// endedScalar looks for an indented block scalar that text at the first column ended: a
// heredoc or a python -c body in a script. It returns the lines of both.
func (d *document) endedScalar(broken int) (scalar, text int) {
	for i, line := range strings.Split(string(d.text), "\n") {
		switch {
		case opensScalar.MatchString(line):
			scalar, text = i+1, 0
		case scalar > 0 && line != "" && line[0] != ' ' && line[0] != '\t' && line[0] != '\r':
			if mappingKey.MatchString(line) {
				scalar = 0
				continue
			}
			if i+1 <= broken+1 {
				return scalar, i + 1
			}
		}
	}
	return 0, 0
}
