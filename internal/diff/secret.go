package diff

import "regexp"

// hidden stands where a secret's value would.
const hidden = "(hidden)"

// secretName fits the names of variables and keys that hold secrets.
var secretName = regexp.MustCompile(`(?i)(passw(or)?d|secret|token|api[-_]?key|private[-_]?key|credential|webhook[-_]?url)`)

// secretValue fits values that are secrets whatever they are called: the formats of well-known
// tokens, private keys, and passwords in addresses.
var secretValue = regexp.MustCompile(`(?s:-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z))|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|\bAKIA[0-9A-Z]{16}\b|` +
	`\bxox[abpors]-[\w-]{10,}|hooks\.slack\.com/services/\S+|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+|\bhf_[A-Za-z0-9]{20,}|\bnvapi-[\w-]{20,}|://[^/\s:@]+:[^/\s@$]+@`)

// shown is a value as it may be shown: without values of secrets.
func (c *comparison) shown(at place, value any) any {
	path := at.after
	if path == nil {
		path = at.before
	}
	if c.kind == "Secret" && len(path) > 0 && (path[0] == "data" || path[0] == "stringData") {
		return hide(value)
	}
	if name := namedValue.FindStringSubmatch(at.text); name != nil && secretName.MatchString(name[1]) {
		return hide(value)
	}
	return veil(value)
}

// namedValue fits the value of a variable, a parameter or a header.
var namedValue = regexp.MustCompile(`\[name=([^\]]+)\]\.value$`)

func hide(value any) any {
	switch v := value.(type) {
	case nil:
		return nil
	case map[string]any:
		all := map[string]any{}
		for key, inner := range v {
			all[key] = hide(inner)
		}
		return all
	}
	return hidden
}

// veil hides within a value what is a secret by its name or by its form.
func veil(value any) any {
	switch v := value.(type) {
	case string:
		if secretValue.MatchString(v) {
			return secretValue.ReplaceAllString(v, hidden)
		}
	case []any:
		all := make([]any, len(v))
		for i, inner := range v {
			all[i] = veil(inner)
		}
		return all
	case map[string]any:
		all := map[string]any{}
		for name, inner := range v {
			all[name] = veil(inner)
		}
		if name, ok := v["name"].(string); ok && secretName.MatchString(name) && v["value"] != nil {
			all["value"] = hidden
		}
		return all
	}
	return value
}
