package confine

import (
	"bytes"
	"fmt"
	"regexp"

	yamlv3 "go.yaml.in/yaml/v3"
)

// maxTags bounds the directives of a text.
const maxTags = 100

// maxExpanded bounds a text of YAML with its aliases written out: what is larger no server stores, since etcd takes
// 1.5 MiB (https://etcd.io/docs/latest/dev-guide/limit/). A text that is long by itself may grow to twice its length.
const maxExpanded = 3 << 19

// anchor and alias fit what is perhaps one, so that only few texts are parsed twice. Parsers take more for blanks and
// for the ends of lines than the class of that name.
var (
	anchor = regexp.MustCompile(`(?:^|[\s\v\x{85}\x{a0}\x{2028}\x{2029}\x{feff}\[{,:?-])&[^\s&,\[\]{}]`)
	alias  = regexp.MustCompile(`(?:^|[\s\v\x{85}\x{a0}\x{2028}\x{2029}\x{feff}\[{,:?-])\*[^\s*,\[\]{}]`)
)

// YAML tells why a text is not decoded: aliases that name a large value many times. Parsers bound how many aliases
// they follow, not how much they copy.
func YAML(text []byte) error {
	if bytes.Count(text, []byte("%TAG")) > maxTags {
		return fmt.Errorf("it has more than %d directives", maxTags) // each is compared with all before it
	}
	if !bytes.ContainsRune(text, '&') || !bytes.ContainsRune(text, '*') || !anchor.Match(text) || !alias.Match(text) {
		return nil
	}
	var node yamlv3.Node
	bound := max(maxExpanded, 2*len(text))
	if yamlv3.Unmarshal(text, &node) != nil || expanded(&node, map[*yamlv3.Node]int{}, bound) <= bound {
		return nil // what does not parse is said where it is decoded
	}
	return fmt.Errorf("its aliases make more than %.1f MiB of it", float64(bound)/(1<<20))
}

// expanded is how many bytes a node takes with its aliases written out, up to a little more than the bound.
func expanded(node *yamlv3.Node, known map[*yamlv3.Node]int, bound int) int {
	if size, ok := known[node]; ok {
		return size
	}
	known[node] = bound + 1 // what holds itself has no end
	size := len(node.Value) + 1
	if node.Alias != nil {
		size = expanded(node.Alias, known, bound)
	}
	for _, child := range node.Content {
		if size <= bound {
			size += expanded(child, known, bound)
		}
	}
	known[node] = size
	return size
}
