package confine

import (
	"bytes"
	"fmt"
	"regexp"

	yamlv3 "go.yaml.in/yaml/v3"
)

// maxTags bounds the directives of a text.
const maxTags = 100

// maxExpanded bounds a text of YAML with its aliases written out.
const maxExpanded = 10 << 20

// anchor and alias fit what is perhaps one, so that only few texts are parsed twice.
var (
	anchor = regexp.MustCompile(`(?:^|[\s\[{,:-])&[^\s&,\[\]{}]`)
	alias  = regexp.MustCompile(`(?:^|[\s\[{,:-])\*[^\s*,\[\]{}]`)
)

// YAML tells why a text is not decoded: aliases that name a large value many times. Parsers bound how many aliases
// they follow, not how much they copy.
func YAML(text []byte) error {
	if bytes.Count(text, []byte("%TAG")) > maxTags {
		return fmt.Errorf("it has more than %d directives", maxTags) // each is compared with all before it
	}
	if !anchor.Match(text) || !alias.Match(text) {
		return nil
	}
	var node yamlv3.Node
	if yamlv3.Unmarshal(text, &node) != nil || expanded(&node, map[*yamlv3.Node]int{}) <= maxExpanded {
		return nil // what does not parse is said where it is decoded
	}
	return fmt.Errorf("its aliases make more than %d MiB of it", maxExpanded>>20)
}

// expanded is how many bytes a node takes with its aliases written out, up to a little more than the bound.
func expanded(node *yamlv3.Node, known map[*yamlv3.Node]int) int {
	if size, ok := known[node]; ok {
		return size
	}
	known[node] = maxExpanded + 1 // what holds itself has no end
	size := len(node.Value) + 1
	if node.Alias != nil {
		size = expanded(node.Alias, known)
	}
	for _, child := range node.Content {
		if size <= maxExpanded {
			size += expanded(child, known)
		}
	}
	known[node] = size
	return size
}
