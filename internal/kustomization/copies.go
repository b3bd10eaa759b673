package kustomization

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	yamlv3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/kyaml/utils"

	"tenon.dev/tenon/internal/confine"
)

// copiesNumbers tells whether something in a build copies all annotations of an object into another: of what has a number
// then nobody knows which object it was.
func (p *plan) copiesNumbers(all []*folder) bool {
	for _, g := range all {
		if copiesAnnotations(g.text) {
			return true
		}
		for _, file := range slices.Concat(g.patches, g.others) {
			if text, err := confine.ReadFS(p.tree, file, maxFile); err == nil && copiesAnnotations(text) {
				return true
			}
		}
	}
	return false
}

// copiesAnnotations tells whether a replacement takes all of metadata, or of its annotations, from its source, wherever it
// stands: in a kustomization, in a file of its own, in the configuration of a plugin that is a text in one. What cannot be
// read here, and may be one, counts.
func copiesAnnotations(text []byte) bool {
	if !utf8.Valid(text) || bytes.ContainsAny(text, "\x00\ufeff") {
		return true // another encoding, which YAML may be in
	}
	if !mentionsFieldPath.Match(text) {
		return false // most have none
	}
	if confine.YAML(text) != nil {
		return true
	}
	for decoder := yamlv3.NewDecoder(bytes.NewReader(text)); ; {
		var value any
		if err := decoder.Decode(&value); err != nil {
			return !errors.Is(err, io.EOF)
		}
		if copiesWidely(value) {
			return true
		}
	}
}

// mentionsFieldPath fits the name of the field, and an escape that may be a part of it.
var mentionsFieldPath = regexp.MustCompile(`(?i)fieldpath|\\[ux][0-9a-f]|\\\r?\n`)

func copiesWidely(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if source, ok := inner.(map[string]any); ok && strings.EqualFold(key, "source") && isWide(source) || copiesWidely(inner) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, copiesWidely)
	case string:
		return strings.Contains(v, "\n") && copiesAnnotations([]byte(v)) || strings.HasPrefix(strings.TrimSpace(v), "{") && copiesAnnotations([]byte(v))
	}
	return false
}

// isWide tells whether the source of a replacement may be more than one field of metadata, or one annotation.
func isWide(source map[string]any) bool {
	for key, value := range source {
		if !strings.EqualFold(key, "fieldPath") {
			continue
		}
		field, isText := value.(string)
		var parts []string
		for _, part := range utils.SmarterPathSplitter(field, ".") {
			if part = strings.Trim(part, `[]"' `); part != "" {
				parts = append(parts, part)
			}
		}
		switch {
		case !isText || strings.ContainsAny(field, "*"):
			return true
		case len(parts) == 0 && field == "": // metadata.name, which is the default
		case len(parts) < 2, parts[0] == "metadata" && len(parts) == 2 && !slices.Contains(ofMetadata, parts[1]):
			return true
		}
	}
	return false
}

// ofMetadata are fields of metadata that hold no annotations.
var ofMetadata = []string{"name", "namespace", "labels", "uid", "generateName", "generation"}
