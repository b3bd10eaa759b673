// Package veil knows which texts are values of secrets, by what they are called and by their form, and
// hides them. Nothing that tenon prints is shown without it.
package veil

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"
)

// Hidden stands where a secret's value would.
const Hidden = "(hidden)"

// secretName fits the names of variables, parameters and keys that hold secrets.
var secretName = regexp.MustCompile(`(?i)(passw(or)?d|passphrase|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|signing[-_]?key|credential|webhook[-_]?url|` +
	`(^|[-_.])(pwd|auth|pat|pass)$)`)

// reference fits the names of fields that say where a secret is, not what it is.
var reference = regexp.MustCompile(`(Name|Ref|Key|Path|File|Dir|Class|Namespace|Type|Kind|Policy|Selector|Label|Url|URL|Id|ID|[-_](name|ref|key|path|file|dir|url|id))$|^(secret|imagePullSecrets?|secrets|tokenRequests)$`)

// identifier fits what objects, keys and files are called.
var identifier = regexp.MustCompile(`^[a-z0-9/][-a-z0-9./_]{0,252}$`)

// IsName tells whether a name is one of a secret.
func IsName(name string) bool { return secretName.MatchString(name) }

// Named is a scalar as it may be shown under a name.
func Named(name string, value string) string {
	if !IsName(name) || harmless(name, value) {
		return Text(value)
	}
	return Hidden
}

// harmless tells whether a value under the name of a secret is none: a reference to one, a variable,
// or nothing.
func harmless(name, value string) bool {
	switch trimmed := strings.Trim(value, `"' `); {
	case trimmed == "", trimmed == Hidden, trimmed == "true", trimmed == "false", trimmed == "null":
		return true
	case variable.MatchString(trimmed):
		return true
	case reference.MatchString(name):
		return identifier.MatchString(trimmed)
	}
	return false
}

// variable fits what another value is put in for: $(params.x), ${X}, $X, {{ x }}, <x>.
var variable = regexp.MustCompile(`^(\$[A-Za-z_]\w*|\$\{[^}]*\}|\$\([^)]*\)|\{\{[^}]*\}\}|<[^>]*>)$`)

// Object hides within an object what is a secret's value: in a Secret all of its data, elsewhere what is
// called or looks like one. The object itself is left as it is.
func Object(kind string, value map[string]any) map[string]any {
	shown, _ := At(kind, nil, value).(map[string]any)
	return shown
}

// At is a value that stands at a path of an object of a kind, as it may be shown. Items of lists are
// numbers in the path.
func At(kind string, path []any, value any) any {
	if value == nil {
		return nil
	}
	if strings.EqualFold(kind, "Secret") && len(path) > 0 && (path[0] == "data" || path[0] == "stringData") {
		return all(value)
	}
	switch v := value.(type) {
	case string:
		return scalar(path, v)
	case map[string]any:
		return object(kind, path, v)
	case []any:
		return list(kind, path, v)
	}
	if name := last(path); IsName(name) && !isFlag(value) {
		return Hidden
	}
	return value
}

// isFlag tells whether a value is no more than yes or no, or an amount.
func isFlag(value any) bool {
	switch value.(type) {
	case bool, int, int64, float64, json.Number:
		return true
	}
	return false
}

func scalar(path []any, text string) string {
	name := last(path)
	if strings.HasSuffix(name, "last-applied-configuration") {
		return Hidden
	}
	return Named(name, text)
}

func object(kind string, path []any, value map[string]any) map[string]any {
	shown := make(map[string]any, len(value))
	for key, inner := range value {
		shown[key] = At(kind, append(path[:len(path):len(path)], key), inner)
	}
	// What a variable, a parameter or a header is called stands beside its value.
	name, _ := value["name"].(string)
	for _, key := range []string{"value", "default", "values"} {
		inner, given := value[key]
		if !given || !IsName(name) {
			continue
		}
		if text, ok := inner.(string); ok && harmless(name, text) {
			continue
		}
		shown[key] = all(inner)
	}
	return shown
}

// option fits a command's option that is given a secret by the next word.
var option = regexp.MustCompile(`^--?[A-Za-z][\w-]*$`)

func list(kind string, path []any, value []any) []any {
	shown := make([]any, len(value))
	for i, inner := range value {
		shown[i] = At(kind, append(path[:len(path):len(path)], i), inner)
		text, isText := inner.(string)
		if i == 0 || !isText {
			continue
		}
		before, _ := value[i-1].(string)
		switch {
		case option.MatchString(before) && IsName(before) && !harmless(before, text):
			shown[i] = Hidden
		case (before == "-u" || before == "--user") && strings.Contains(text, ":"):
			shown[i] = Hidden
		}
	}
	return shown
}

// all hides every scalar within a value.
func all(value any) any {
	switch v := value.(type) {
	case nil:
		return nil
	case map[string]any:
		shown := map[string]any{}
		for key, inner := range v {
			shown[key] = all(inner)
		}
		return shown
	}
	return Hidden
}

// last is the key that a value stands below, whatever the lists between.
func last(path []any) string {
	for i := len(path) - 1; i >= 0; i-- {
		if name, ok := path[i].(string); ok {
			return name
		}
	}
	return ""
}

// Manifest is the text of a file of manifests as it may be shown: each document without the values of
// secrets, in canonical form. A document that does not parse is veiled line by line.
func Manifest(text string) string {
	documents := strings.Split("\n"+text, "\n---")
	for i, document := range documents {
		var value any
		if err := yaml.Unmarshal([]byte(document), &value); err != nil {
			documents[i] = strings.Join(Lines(strings.Split(document, "\n")), "\n")
			continue
		}
		kind := ""
		if object, ok := value.(map[string]any); ok {
			kind, _ = object["kind"].(string)
		}
		shown := At(kind, nil, value)
		if patch, ok := value.([]any); ok {
			shown = Patch(patch)
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

// Patch hides what a JSON 6902 patch puts in the place of a secret: which kind it is of is not known.
func Patch(operations []any) []any {
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
		kind := ""
		if strings.HasPrefix(where, "/stringData") {
			kind = "Secret"
		}
		if value, given := o["value"]; given {
			next["value"] = At(kind, path, value)
		}
		shown = append(shown, next)
	}
	return shown
}
