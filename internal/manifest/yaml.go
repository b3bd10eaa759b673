package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"regexp"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
	"k8s.io/utils/lru"
	kjson "sigs.k8s.io/json"

	"tenon.dev/tenon/internal/finding"
)

// Parsed is what one file holds.
type Parsed struct {
	Objects []Object
	// Skipped counts documents that are not Kubernetes objects.
	Skipped int
	// Findings are about documents that could not be read; the others were.
	Findings []finding.Finding
}

// Append adds what another file, or another part of one, holds.
func (p *Parsed) Append(other Parsed) {
	p.Objects = append(p.Objects, other.Objects...)
	p.Findings = append(p.Findings, other.Findings...)
	p.Skipped += other.Skipped
}

// Parse reads every document of a YAML or JSON file. One that does not parse does not hide
// the others.
func Parse(file string, data []byte) Parsed { return parseAt(file, data, 0) }

// parseAt parses a part of a file that begins behind so many lines.
func parseAt(file string, data []byte, line int) Parsed {
	var parsed Parsed
	data, encoded := plainText(file, data)
	parsed.Findings = append(parsed.Findings, encoded...)
	documents, hidden := split(file, data)
	for _, d := range documents {
		d.line += line
	}
	for _, f := range hidden {
		f.Source.Line += line
	}
	parsed.Findings = append(parsed.Findings, hidden...)
	for _, d := range documents {
		parsed.document(d, nil)
	}
	return parsed
}

// document adds what a document holds; of an item of a list that was cut, list is what is known of that.
func (p *Parsed) document(d *document, list map[string]any) {
	p.Findings = append(p.Findings, d.behindEnd()...)
	if large := d.tooLarge(); large != nil {
		p.Findings = append(p.Findings, *large)
		return
	}
	value, err := d.decode()
	if deep := d.tooDeep(value); err == nil && deep != nil {
		p.Findings = append(p.Findings, *deep)
		return
	}
	if err == nil && d.hasOddKey() {
		p.Findings = append(p.Findings, d.duplicates()...)
		p.Findings = append(p.Findings, d.booleanKeys(value)...)
	}
	if err != nil {
		p.Findings = append(p.Findings, d.unreadable(err)...)
		if value = d.recover(); value == nil {
			return
		}
	}
	if deep := d.tooDeep(value); deep != nil {
		p.Findings = append(p.Findings, *deep)
		return
	}
	switch {
	case list != nil:
		kind, _ := list["kind"].(string)
		p.item(inferred(value, list, kind), d, nil)
	case value != nil:
		p.add(value, d, nil)
	}
}

// item adds an item of a list, which kubectl refuses where it does not say what it is.
func (p *Parsed) item(value any, d *document, at Path) {
	object, isMap := value.(map[string]any)
	_, hasVersion := object["apiVersion"].(string)
	_, hasKind := object["kind"].(string)
	if isMap && hasVersion && hasKind {
		p.add(value, d, at)
		return
	}
	p.Findings = append(p.Findings, finding.Finding{
		Rule: "input/incomplete-object", Severity: finding.Error, Source: &yamlOrigin{d, at}.Trace(nil, "")[0].Position,
		Message: "the item of the list lacks apiVersion or kind, so nothing would apply it",
		Remedy:  "write both as strings; see that neither is misspelt",
	})
}

func (p *Parsed) add(value any, d *document, at Path) {
	object, isMap := value.(map[string]any)
	if !isMap {
		p.Skipped++
		return
	}
	kind, _ := object["kind"].(string)
	if items, isList := object["items"].([]any); isList {
		isList := strings.HasSuffix(kind, "List")
		for i, item := range items {
			if next := inferred(item, object, kind); isList {
				p.item(next, d, at.Append("items", i))
			} else {
				p.add(next, d, at.Append("items", i))
			}
		}
		if isList {
			return
		}
	}
	o, ok := New(object, yamlOrigin{d, at})
	switch {
	case !ok && looksLikeObject(object):
		p.Findings = append(p.Findings, finding.Finding{
			Rule: "input/incomplete-object", Severity: finding.Error, Source: &o.Origin.Trace(nil, "")[0].Position,
			Message: "the document looks like a Kubernetes object but lacks apiVersion or kind, so nothing would apply it",
			Remedy:  "write both as strings; see that neither is misspelt",
		})
		return
	case !ok, strings.HasPrefix(o.APIVersion, "kustomize.config.k8s.io/"):
		p.Skipped++
		return
	}
	o.File, o.Document = d.file, d.line<<documentBits+len(p.Objects) // the items of a list are several
	p.Objects = append(p.Objects, o)
}

// documentBits are those of a number of a document that count the objects in it.
const documentBits = 24

// inferred gives an item of a typed list, such as a RoleList, the version and kind that it leaves out, as
// the API server's own lists and kubectl do.
func inferred(item any, list map[string]any, kind string) any {
	object, isMap := item.(map[string]any)
	of, typed := strings.CutSuffix(kind, "List")
	if !isMap || !typed || of == "" || object["apiVersion"] != nil && object["kind"] != nil {
		return item
	}
	next := maps.Clone(object)
	if next["kind"] == nil {
		next["kind"] = of
	}
	if next["apiVersion"] == nil {
		next["apiVersion"] = list["apiVersion"]
	}
	return next
}

// looksLikeObject tells a Kubernetes object with a mistake in its head from other documents.
func looksLikeObject(value map[string]any) bool {
	_, version := value["apiVersion"]
	_, kind := value["kind"]
	metadata, _ := value["metadata"].(map[string]any)
	_, name := metadata["name"]
	return version != kind && (name || value["spec"] != nil) || version && kind || name && value["spec"] != nil
}

// document is one YAML document of a file. Its nodes are parsed only when a position is
// asked for, which needs a finding.
type document struct {
	file string
	// line is the number of lines before the document.
	line int
	text []byte
}

// nodes keeps the nodes of the documents that positions were last asked of: those of all would
// take many times the memory of their text.
var nodes = lru.New(64)

func (d *document) node() *yamlv3.Node {
	if known, ok := nodes.Get(d); ok {
		return known.(*yamlv3.Node)
	}
	node := d.parseNode()
	nodes.Add(d, node)
	return node
}

// splitJSON cuts a stream of JSON values, or returns nil where the data is no such stream.
func splitJSON(file string, data []byte) []*document {
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	var documents []*document
	line, counted := 0, int64(0)
	for start := int64(0); ; start = decoder.InputOffset() {
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			if errors.Is(err, io.EOF) {
				return documents
			}
			return nil // YAML in its flow style, or broken: the YAML parser tells
		}
		line += bytes.Count(data[counted:start], []byte("\n"))
		counted = start
		d := &document{file: file, line: line, text: data[start:decoder.InputOffset()]}
		documents = append(documents, d)
	}
}

// decode gives the document's value as kubectl and the API server read it: YAML 1.1, where
// a bare y or on is a boolean. A document without content gives nil.
func (d *document) decode() (any, error) {
	var value any
	if trimmed := bytes.TrimSpace(d.text); bytes.HasPrefix(trimmed, []byte("{")) && json.Valid(trimmed) {
		// JSON has escapes that YAML has not.
		strict, err := kjson.UnmarshalStrict(trimmed, &value)
		return value, errors.Join(append(strict, err)...)
	}
	value, err := valueOf(d.text)
	if filled := unquotedVariable.ReplaceAll(d.text, []byte(`$1"$2"$3`)); err != nil && !bytes.Equal(filled, d.text) {
		if again, wrong := valueOf(filled); wrong == nil {
			d.text = filled
			return again, nil
		}
	}
	return value, err
}

// unquotedVariable fits a variable of envsubst or Flux within a list or a map that is written in one line, where its braces
// are taken for those of the language: what fills it in reads no YAML.
var unquotedVariable = regexp.MustCompile(`([\[{,:][ \t]*)(\$\{[A-Z][A-Z0-9_]*(?::[-=][^}"\n]*)?\})([ \t]*[,}\]])`)

func (d *document) parseNode() *yamlv3.Node {
	var node yamlv3.Node
	if yamlv3.Unmarshal(d.text, &node) != nil || len(node.Content) == 0 {
		return nil
	}
	return node.Content[0]
}

// yamlOrigin traces fields of one object to the nodes of its document.
type yamlOrigin struct {
	document *document
	at       Path
}

// Trace finds the node of the field, or of the nearest parent that exists: the value where it
// is a scalar, else the key that it stands behind.
func (o yamlOrigin) Trace(field Path, _ string) []Place {
	node := o.document.node()
	if node == nil {
		return []Place{{Position: finding.Position{File: o.document.file, Line: o.document.line + 1, Column: 1}, Role: Literal}}
	}
	place := node
	for _, element := range o.at.Append(field...) {
		key, next := child(node, element)
		if next == nil {
			break
		}
		node, place = next, next
		if key != nil && next.Kind != yamlv3.ScalarNode {
			place = key
		}
	}
	return []Place{{Position: o.position(place), Role: Literal, Text: o.textLine(node)}}
}

// textLine is the line in which a block scalar's text begins.
func (o yamlOrigin) textLine(node *yamlv3.Node) int {
	if node.Kind == yamlv3.ScalarNode && node.Style&(yamlv3.LiteralStyle|yamlv3.FoldedStyle) != 0 {
		return o.document.line + node.Line + 1
	}
	return 0
}

func (o yamlOrigin) position(node *yamlv3.Node) finding.Position {
	return finding.Position{File: o.document.file, Line: o.document.line + node.Line, Column: node.Column}
}

// child returns a node's child and, in a mapping, the key that it stands behind.
func child(node *yamlv3.Node, element any) (key, value *yamlv3.Node) {
	if node.Kind == yamlv3.AliasNode {
		node = node.Alias
	}
	switch e := element.(type) {
	case int:
		if node.Kind == yamlv3.SequenceNode && e >= 0 && e < len(node.Content) {
			return nil, node.Content[e]
		}
	case string:
		for i := 0; node.Kind == yamlv3.MappingNode && i+1 < len(node.Content); i += 2 {
			if key := node.Content[i]; key.Value == e || isBoolean(key) && written(key) == e {
				return node.Content[i], node.Content[i+1]
			}
		}
	}
	return nil, nil
}
