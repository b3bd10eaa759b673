package kustomization

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

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
// stands: in a kustomization, in a file of its own, in the configuration of a plugin that is a text in one.
func copiesAnnotations(text []byte) bool {
	if !bytes.Contains(bytes.ToLower(text), []byte("fieldpath")) && !bytes.Contains(text, []byte(`\`)) {
		return false // most have none; an escape may write the word
	}
	if confine.YAML(text) != nil {
		return true
	}
	for decoder := yamlv3.NewDecoder(bytes.NewReader(text)); ; {
		var value any
		if err := decoder.Decode(&value); err != nil {
			return !errors.Is(err, io.EOF) && bytes.Contains(bytes.ToLower(text), []byte("replacement"))
		}
		if copiesWidely(value) {
			return true
		}
	}
}

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

// isWide tells whether the source of a replacement is more than one field of metadata, or one annotation.
func isWide(source map[string]any) bool {
	for key, value := range source {
		field, _ := value.(string)
		parts := utils.SmarterPathSplitter(field, ".")
		if !strings.EqualFold(key, "fieldPath") || field == "" {
			continue
		}
		if len(parts) == 1 || len(parts) == 2 && parts[0] == "metadata" && strings.Trim(parts[1], "[]") == "annotations" || strings.Contains(parts[0], "*") {
			return true
		}
	}
	return false
}
