package veil

import (
	"strings"

	"k8s.io/utils/lru"
	"sigs.k8s.io/yaml"

	"tenon.dev/tenon/internal/confine"
)

// maxStructured bounds a text that is read as YAML or JSON for what it names.
const maxStructured = 256 << 10

// structured hides within a text that is YAML or JSON what stands below or beside the name of a secret, and what a
// manifest of a Secret holds: the values of Helm, settings of applications, manifests within manifests.
func structured(text string) string {
	if !mayBeStructured(text) {
		return text
	}
	if known, ok := veiled.Get(text); ok {
		return known.(string)
	}
	var values []string
	for _, document := range strings.Split("\n"+text, "\n---") {
		var value any
		if confine.YAML([]byte(document)) != nil || yaml.Unmarshal([]byte(document), &value) != nil {
			continue
		}
		kind := ""
		switch v := value.(type) {
		case map[string]any:
			kind, _ = v["kind"].(string)
		case []any:
			if isJSONPatch(v) {
				values = append(values, hiddenOf(value, Patch(v, ""))...)
				continue
			}
		default:
			continue
		}
		values = append(values, Values(kind, value)...)
	}
	longestFirst(values)
	shown := Scrub(text, values)
	veiled.Add(text, shown)
	return shown
}

// veiled are the last texts that were looked into: a text within a text is asked for by each that it is in, and more
// than once, which would double the work with each level.
var veiled = lru.New(64)

// mayBeStructured tells whether it is worth a look: most texts are single words, scripts, or about no secret.
func mayBeStructured(text string) bool {
	if len(text) > maxStructured || strings.HasPrefix(text, "#!") || !strings.Contains(text, ":") {
		return false
	}
	return isStructured(text) && secretName.MatchString(text)
}

// isStructured tells whether a text has the marks of a map or a list.
func isStructured(text string) bool {
	start := strings.TrimLeft(text, " \t\r\n")
	return strings.HasPrefix(start, "{") || strings.HasPrefix(start, "[") || strings.Contains(text, ": {") || strings.Contains(text, ": [") || strings.Contains(strings.TrimSpace(text), "\n")
}

// isJSONPatch tells whether a list is one of operations (RFC 6902).
func isJSONPatch(list []any) bool {
	if len(list) == 0 {
		return false
	}
	first, _ := list[0].(map[string]any)
	_, op := first["op"].(string)
	_, at := first["path"].(string)
	return op && at
}
