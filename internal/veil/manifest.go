package veil

import (
	"encoding/json"
	"reflect"
	"strings"

	"sigs.k8s.io/yaml"

	"tenon.dev/tenon/internal/confine"
)

// Manifest is the text of a file of manifests as it may be shown: each document without the values of
// secrets, in canonical form. A document that does not parse is veiled line by line. Kind is that of the object
// that a patch is for; empty, where it is not known.
func Manifest(text string, kind string) string {
	patched := kind
	documents := strings.Split("\n"+text, "\n---")
	for i, document := range documents {
		var value any
		err := confine.YAML([]byte(document))
		if err == nil {
			err = yaml.Unmarshal([]byte(document), &value)
		}
		kind := ""
		if object, ok := value.(map[string]any); ok {
			kind, _ = object["kind"].(string)
		}
		named := kind == "" && value != nil && strings.EqualFold(patched, "Secret")
		if _, isPatch := value.([]any); named && !isPatch || LooksLikeSecret(strings.ReplaceAll(document, "\r", "\n")) && (err != nil || !isSecret(kind)) {
			documents[i] = "\n" + Hidden + "\n" // what of it is a secret's value is not known
			continue
		}
		if err != nil {
			documents[i] = strings.Join(Lines(strings.Split(document, "\n")), "\n")
			continue
		}
		shown := At(kind, nil, value)
		if patch, ok := value.([]any); ok {
			shown = Patch(patch, patched)
		}
		if !reflect.DeepEqual(shown, value) { // else it stays as it is written
			documents[i] = "\n" + written(shown, strings.HasPrefix(strings.TrimSpace(document), "[") || strings.HasPrefix(strings.TrimSpace(document), "{"))
		}
	}
	return strings.TrimPrefix(strings.Join(documents, "\n---"), "\n")
}

// written writes a value as JSON or as YAML.
func written(value any, asJSON bool) string {
	if asJSON {
		if text, err := json.MarshalIndent(value, "", "  "); err == nil {
			return string(text) + "\n"
		}
	} else if text, err := yaml.Marshal(value); err == nil {
		return string(text)
	}
	return Hidden
}

// Patch hides what a JSON 6902 patch puts in the place of a secret, in an object of a kind.
func Patch(operations []any, kind string) []any {
	var shown []any
	for _, operation := range operations {
		o, ok := operation.(map[string]any)
		if !ok {
			shown = append(shown, operation)
			continue
		}
		where, _ := o["path"].(string)
		next := map[string]any{}
		for key, value := range o {
			next[key] = value
		}
		var path []any
		for _, element := range strings.Split(strings.TrimPrefix(where, "/"), "/") {
			path = append(path, strings.NewReplacer("~1", "/", "~0", "~").Replace(element))
		}
		of := kind
		if strings.HasPrefix(where, "/stringData") {
			of = "Secret"
		}
		if where == "" {
			path = nil
		}
		if value, given := o["value"]; given {
			next["value"] = At(of, path, value)
		}
		shown = append(shown, next)
	}
	return shown
}
