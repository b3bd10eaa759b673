package veil

import (
	"slices"
	"strings"

	"tenon.dev/tenon/internal/pattern"
)

// words are the items of a list of texts; all tells whether it is one.
func words(list any) (call []string, all bool) {
	items, _ := list.([]any)
	for _, item := range items {
		text, ok := item.(string)
		if !ok {
			return nil, false
		}
		call = append(call, text)
	}
	return call, len(call) > 0
}

// hideWords hides the words of a call that would be hidden where the call stood in a script: shown are the last of them.
func hideWords(call []string, shown []any) {
	if len(call) < 2 || slices.ContainsFunc(call, func(word string) bool { return strings.ContainsAny(word, "\n") }) {
		return
	}
	line := strings.Join(call, " ")
	secrets := Secrets(line)
	from := len(call) - len(shown)
	for i, word := range call {
		if i < from || word == "" {
			continue
		}
		for _, secret := range secrets {
			if secret = strings.TrimSpace(secret); len(secret) >= shortest && strings.Contains(word, secret) {
				text, isText := shown[i-from].(string)
				if isText {
					shown[i-from] = strings.ReplaceAll(text, secret, Hidden)
				}
			}
		}
	}
}

// asCall hides what a container's command gives to the arguments beside it.
func asCall(value, shown map[string]any) {
	command, isCall := words(value["command"])
	args, hasArgs := words(value["args"])
	hidden, ok := shown["args"].([]any)
	if !isCall || !hasArgs || !ok || strings.HasSuffix(command[len(command)-1], "sh") {
		return
	}
	hideWords(append(slices.Clone(command), args...), hidden)
}

// parameter fits a reference to a parameter, a variable or a result, and its name.
var parameter = pattern.New(`\$\(([\w.-]+)\)`)

// compared fits a text that an expression compares something with.
var compared = pattern.New(`([\w.-]+)(["')\]\s]*(?:==|!=)\s*)('[^'\n]*'|"[^"\n]*")`)

// asComparison hides what a parameter with the name of a secret is compared with.
func asComparison(value, shown map[string]any) {
	input, _ := value["input"].(string)
	for _, m := range parameter.FindAllStringSubmatch(input, -1) {
		if IsName(m[1]) && value["values"] != nil {
			shown["values"] = all(value["values"])
		}
	}
}

// withoutCompared hides the texts that an expression compares secrets with.
func withoutCompared(text string) string {
	return compared.ReplaceAllStringFunc(text, func(found string) string {
		m := compared.FindStringSubmatch(found)
		value := strings.Trim(m[3], `'"`)
		if !IsName(m[1]) || len(value) < shortest || harmless(m[1], value) {
			return found
		}
		return m[1] + m[2] + m[3][:1] + Hidden + m[3][:1]
	})
}
