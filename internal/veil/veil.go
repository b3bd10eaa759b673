// Package veil knows which texts are values of secrets, by what they are called and by their form, and
// hides them. Nothing that tenon prints is shown without it.
package veil

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"tenon.dev/tenon/internal/pattern"
)

// Hidden stands where a secret's value would.
const Hidden = "(hidden)"

// program fits names of what is run: it is reviewed like other code, whatever it is about.
var program = pattern.New(`(?i)[-_.](hook|cmd|command|script|exec|entrypoint|py|sh|bash|js|ts|rb|pl|php|go|lua|rego|cue)$`)

// Named is a scalar as it may be shown under a name.
func Named(name string, value string) string {
	if nameOnly(name).weak && random(value) {
		return Hidden
	}
	if !IsName(name) || harmless(name, value) || code(value) || program.MatchString(name) {
		return Text(value)
	}
	return Hidden
}

// commandLine fits what a shell would run, or fetch from: a name must not hide it from who reviews.
var commandLine = pattern.New("\\s.*[|;&<>`]|\\$\\(|^[a-z+]+://[^@\\s]*$|" +
	`\$\{?IFS\b|^[A-Za-z_][\w.]*\(.*\)|(?m:^\s*(?:#!/|import \w|from [\w.]+ import |def \w+\(|function \w))|` +
	`^\s*(?:/\S+|env|node|deno|ruby|busybox|curl|wget|[a-z]*sh|python[0-9.]*|perl|php|nc|ncat|socat|telnet|ssh|scp|rsync|eval|exec|source|kubectl|helm|git|rm|chmod|cp|mv|dd|tar|cat|sudo|nsenter|chroot|docker|pip3?|npm|npx|apt|apt-get|apk|make|go|java|xargs|timeout|nohup|echo|printf|export|cd)\s+\S|` +
	`^\s*[a-z][\w.-]*\s+--?[a-z]|` + // a program with an option
	`^[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::[0-9]+)?(?:/[\w.-]+)+(?::[\w.-]+)?(?:@sha256:[0-9a-f]+)?$`) // a host with a path: an image, or an address

func code(value string) bool { return commandLine.MatchString(value) }

// ValueKeys are the keys beside a name under which a variable, a parameter or a header has its value.
var ValueKeys = []string{"value", "default", "values", "array", "map", "expression"}

// Below is what stands under the value of a variable or parameter with a secret's name, as it may be shown;
// key is the key of it, or of the list that it is in.
func Below(name, key string, value any) any {
	switch v := value.(type) {
	case map[string]any:
		shown := make(map[string]any, len(v))
		for inner, below := range v {
			shown[inner] = Below(name, inner, below)
		}
		return shown
	case string:
		if harmless(name, v) || code(v) || reference.MatchString(key) && identifier.MatchString(v) {
			return Text(v)
		}
	}
	return all(value)
}

// settings are values that say how something is done.
var settings = []string{"", Hidden, "true", "false", "null", "required", "optional", "enabled", "disabled"}

// harmless tells whether a value under the name of a secret is none: a reference to one, a variable,
// or nothing.
func harmless(name, value string) bool {
	switch trimmed := strings.Trim(value, `"' `); {
	case slices.Contains(settings, trimmed):
		return true
	case variable.MatchString(trimmed):
		return true
	case reference.MatchString(name):
		return identifier.MatchString(trimmed)
	case file.MatchString(name):
		return strings.HasPrefix(trimmed, "/")
	case name == "secretKey": // of ExternalSecrets and interceptors: the key within a Secret
		return keyName.MatchString(trimmed)
	}
	return false
}

// variable fits what another value is put in for: $(params.x), ${X}, $X, {{ x }}, <x>.
var variable = pattern.New(`^(\$[A-Za-z_]\w*|\$\{[^}]*\}|\$\([^)]*\)|\{\{[^}]*\}\}|<[^>]*>)$`)

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
	if isSecret(kind) && len(path) > 0 && !slices.Contains(shownOfSecrets, path[0]) {
		return all(value)
	}
	if i := slices.Index(path, any("resourcetemplates")); i >= 0 && (slices.Contains(path[i:], any("data")) || slices.Contains(path[i:], any("stringData"))) {
		return all(value) // of an object that is made later, which may be a Secret
	}
	if strings.EqualFold(kind, "ExternalSecret") && slices.Contains(path, any("template")) && slices.Contains(path, any("data")) {
		return Below("secret", last(path), value) // the data of the Secret that it makes
	}
	switch v := value.(type) {
	case string:
		if kind == "File" && last(path) == "text" && LooksLikeSecret(v) {
			return Manifest(v, "")
		}
		return scalar(path, v)
	case map[string]any:
		return object(kind, path, v)
	case []any:
		return list(kind, path, v)
	}
	if name := last(path); IsName(name) && (!isFlag(value) || isPIN(value)) {
		return Hidden
	}
	return value
}

// isPIN tells whether a number may be a secret, and is no time in seconds or amount such as people write.
func isPIN(value any) bool {
	text, err := json.Marshal(value)
	return err == nil && len(text) >= telling && !strings.HasSuffix(string(text), "000")
}

// shownOfSecrets are the fields of a Secret that say nothing of what is in it; a misspelt field may hold anything.
var shownOfSecrets = []any{"apiVersion", "kind", "metadata", "type", "immutable", "status"}

// isSecret tells whether a kind is Secret, or was meant to be.
func isSecret(kind string) bool {
	return strings.EqualFold(kind, "Secret") || len(kind) >= 5 && len(kind) <= 8 && levenshtein.ComputeDistance(strings.ToLower(kind), "secret") <= 2
}

// Values are the texts within an object that are hidden, the longest first: what quotes one of them shows a
// secret, whatever it says of it. Texts of several lines count line by line.
func Values(kind string, value any) []string { return hiddenOf(value, At(kind, nil, value)) }

// hiddenOf are the texts of a value that are not shown, the longest first.
func hiddenOf(value, shown any) []string {
	seen := map[string]bool{}
	collect(value, shown, func(text string) {
		pieces := append(strings.Split(text, "\n"), text)
		for _, word := range strings.Fields(text) {
			if len(word) >= telling {
				pieces = append(pieces, word) // YAML may have it on a line of its own
			}
		}
		for _, line := range pieces {
			if line = strings.Trim(line, " \t\r\n\"'"); len(line) >= shortest && !variable.MatchString(line) {
				seen[line] = true
			}
		}
	})
	values := slices.Collect(maps.Keys(seen))
	longestFirst(values)
	return values
}

func longestFirst(values []string) {
	slices.SortFunc(values, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
}

// shortest is how long a text has to be to be looked for: shorter ones are in every message.
const shortest = 4

// telling is how long a word of a value is that is hidden by itself.
const telling = 8

// collect visits the texts of a value that are not shown, or of which a part is not.
func collect(value, shown any, visit func(string)) {
	switch v := value.(type) {
	case string:
		switch text, _ := shown.(string); {
		case text == v:
		case text == Hidden:
			visit(v)
		default:
			for _, part := range Secrets(v) {
				visit(part)
			}
		}
	case int, int64, float64, json.Number:
		if shown == Hidden {
			text, _ := json.Marshal(v)
			visit(string(text))
		}
	case map[string]any:
		inner, _ := shown.(map[string]any)
		for key, below := range v {
			if inner == nil {
				collect(below, Hidden, visit)
			} else {
				collect(below, inner[key], visit)
			}
		}
	case []any:
		inner, _ := shown.([]any)
		for i, below := range v {
			if i < len(inner) {
				collect(below, inner[i], visit)
			} else {
				collect(below, Hidden, visit)
			}
		}
	}
}

// Scrubber takes values out of texts, however many of both there are.
type Scrubber struct{ replacer *strings.Replacer }

// NewScrubber makes one; of two values that overlap the first counts, so that the longest come first.
func NewScrubber(values []string) *Scrubber {
	pairs := make([]string, 0, 2*len(values))
	for _, value := range values {
		pairs = append(pairs, value, Hidden)
	}
	return &Scrubber{strings.NewReplacer(pairs...)}
}

// Scrub is the text without the values; nil takes nothing out.
func (s *Scrubber) Scrub(text string) string {
	if s == nil {
		return text
	}
	return s.replacer.Replace(text)
}

// Scrub takes values out of a text.
func Scrub(text string, values []string) string { return NewScrubber(values).Scrub(text) }

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

// besideNames are keys beside a name that hold no value; any other may be a misspelt one.
var besideNames = []string{"name", "key", "Name", "Key", "type", "description", "kind", "apiVersion", "namespace", "secretName", "mountPath", "path", "image", "protocol", "op", "operator"}

func object(kind string, path []any, value map[string]any) map[string]any {
	shown := make(map[string]any, len(value))
	for key, inner := range value {
		shown[key] = At(kind, append(path[:len(path):len(path)], key), inner)
		if nameOnly(key).several && holdsScalars(inner) {
			shown[key] = Below(key, key, inner)
		}
		if IsName(key) && !reference.MatchString(key) && !benignPair.MatchString(key) {
			shown[key] = within(key, shown[key])
		}
	}
	if inner, _ := value["kind"].(string); isSecret(inner) { // wherever it lies, such as in a list or a template
		for key, held := range value {
			if !slices.Contains(shownOfSecrets, any(key)) {
				shown[key] = all(held)
			}
		}
	}
	asCall(value, shown)
	asComparison(value, shown)
	// What a variable, a parameter or a header is called stands beside its value.
	name := ""
	for _, key := range []string{"name", "key", "Name", "Key"} {
		if called, ok := value[key].(string); ok && (IsName(called) || slices.Contains(headers, strings.ToLower(strings.TrimSpace(called)))) {
			name = called
		}
	}
	if name == "" {
		return shown
	}
	for key, inner := range value {
		_, isText := inner.(string)
		if slices.Contains(ValueKeys, key) || isText && !slices.Contains(besideNames, key) && !isFlag(inner) {
			shown[key] = Below(name, key, inner)
		}
	}
	return shown
}

// several fits the names of fields that may hold passwords by who has them.
var several = pattern.New(`(?i)(passw(or)?ds?|passphrases?|secret[-_]?(data|values?))$`)

// heldBy are the names of fields that hold a value below the name of a secret, and key one beside whose it is.
var heldBy = []string{"value", "values", "default", "plain", "plaintext", "raw", "text", "content", "current"}

// within hides the values that a mapping or a list holds below the name of a secret.
func within(name string, value any) any {
	switch v := value.(type) {
	case map[string]any:
		shown := make(map[string]any, len(v))
		for key, inner := range v {
			text, isText := inner.(string)
			switch {
			case isText && (slices.Contains(heldBy, key) || key == "key" && !keyName.MatchString(text)):
				shown[key] = Below(name, key, inner)
			default:
				shown[key] = within(name, inner)
			}
		}
		return shown
	case []any:
		shown := make([]any, len(v))
		for i, inner := range v {
			shown[i] = within(name, inner)
		}
		return shown
	}
	return value
}

// headers are those of HTTP by which somebody shows who they are.
var headers = []string{"authorization", "proxy-authorization", "cookie", "set-cookie"}

// holdsScalars tells whether a value is a mapping of scalars.
func holdsScalars(value any) bool {
	fields, is := value.(map[string]any)
	for _, inner := range fields {
		switch inner.(type) {
		case map[string]any, []any:
			return false
		}
	}
	return is
}

// option fits a command's option that is given a secret by the next word.
var option = pattern.New(`^--?[A-Za-z][\w-]*$`)

func list(kind string, path []any, value []any) []any {
	shown := make([]any, len(value))
	logsIn := slices.Contains(value, any("login"))
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
		case before == "-p" && logsIn:
			shown[i] = Hidden
		}
	}
	if call, all := words(value); all {
		hideWords(call, shown)
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

// Words are the words of a command as they may be shown: an option says what the next word is.
func Words(words []string) []string {
	value := make([]any, len(words))
	for i, word := range words {
		value[i] = word
	}
	shown := make([]string, len(words))
	for i, word := range list("", nil, value) {
		shown[i], _ = word.(string)
	}
	return shown
}
