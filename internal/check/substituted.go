package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// substituted fits a variable that envsubst, Flux or a CI fills in before anybody applies the manifest.
var substituted = regexp.MustCompile(`\$\{[A-Z][A-Z0-9_]*(?::[-=][^}]*)?\}`)

// toBeFilled makes one finding a file of those about values with such variables: what stands there at last nobody knows.
// What a script has is the shell's.
func toBeFilled(found []finding.Finding, objects []manifest.Object) []finding.Finding {
	named := map[finding.Object]manifest.Object{}
	for _, o := range objects {
		if o.File != "" {
			named[*o.Ref()] = o
		}
	}
	undecoded := map[finding.Object][]string{}
	for _, f := range found {
		if _, ok := variableAt(f, named); ok && (f.Rule == "types/decode" || f.Rule == "types/wrong-type") {
			undecoded[*f.Object] = append(undecoded[*f.Object], f.Field)
		}
	}
	told := map[string]bool{}
	var kept []finding.Finding
	for _, f := range found {
		text, ok := variableAt(f, named)
		if f.Object != nil && (f.Rule == "types/required" || f.Rule == "types/invalid" && !ok) && slices.ContainsFunc(undecoded[*f.Object], func(field string) bool {
			around := manifest.ParsePath(f.Field)
			return f.Field == field || strings.HasPrefix(f.Field, field+".") || strings.HasPrefix(f.Field, field+"[") || strings.HasPrefix(field, around[:max(0, len(around)-1)].String()+".")
		}) {
			continue // what did not decode was left out
		}
		if !ok {
			kept = append(kept, f)
			continue
		}
		if file := f.Object.File; !told[file] {
			told[file] = true
			kept = append(kept, finding.Finding{
				Rule: "input/variables", Severity: finding.Warning, Object: f.Object, Field: f.Field, Source: f.Source,
				Message: fmt.Sprintf("%s is filled in by another program (envsubst, Flux): what it stands in is not judged in this file", text),
				Remedy:  "fill it in, and pipe the result: envsubst <FILE | tenon check -",
			})
		}
	}
	return kept
}

// variableAt is the variable that a finding about a value is about.
func variableAt(f finding.Finding, objects map[finding.Object]manifest.Object) (string, bool) {
	category, name, _ := strings.Cut(f.Rule, "/")
	if f.Rule == "types/unknown-field" {
		return "", false // which is about the name, not what stands there
	}
	if f.Object == nil || f.Object.File == "" || !slices.Contains([]string{"types", "image", "supply-chain"}, category) && !strings.HasSuffix(name, "-not-found") {
		return "", false
	}
	text := substituted.FindString(brokenText(f, objects[*f.Object]))
	return text, text != ""
}

// brokenText is the text that a finding is about, as far as that is known: the value of its field or, where that is no text,
// what it quotes. Of a script or a command, in which anything may stand beside, it is the variable of Tekton's that it names, and so it is where it names one.
func brokenText(f finding.Finding, o manifest.Object) string {
	at := manifest.ParsePath(f.Field)
	value, ok := manifest.Lookup(o.Value, at)
	if written, is := manifest.Lookup(o.Written, at); is && o.Written != nil {
		value, ok = written, true
	}
	text, isText := value.(string)
	named := variable.FindString(f.Message)
	switch {
	case named != "" && (!isText || strings.Contains(text, named)):
		return named
	case isProgram(at) || strings.Contains(text, "\n"):
		return named
	case isText:
		return text
	case isTexts(value):
		return fmt.Sprint(value)
	case ok && len(at) > 0 && !strings.Contains(f.Message, "Invalid value"):
		return ""
	}
	return f.Message
}

// isTexts tells whether a value is a list of texts alone.
func isTexts(value any) bool {
	list, _ := value.([]any)
	return len(list) > 0 && !slices.ContainsFunc(list, func(item any) bool { _, is := item.(string); return !is })
}

// variable fits one of Tekton's.
var variable = regexp.MustCompile(`\$\([^()\s]*\)`)

// isProgram tells whether a field is what a container runs.
func isProgram(at manifest.Path) bool {
	for _, element := range at {
		if name, ok := element.(string); ok && slices.Contains([]string{"script", "command", "args"}, name) {
			return true
		}
	}
	return false
}
