package gate

import (
	"slices"

	"tenon.dev/tenon/internal/pattern"
)

// anchorForm fits what programs believe others by: public keys, certificates, and the host keys of ssh.
var anchorForm = pattern.New(`-----BEGIN (?:[A-Z0-9 ]*PUBLIC KEY(?: BLOCK)?|(?:TRUSTED |X509 )?CERTIFICATE)-----[^-]*|(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-\S+|sk-\S+@openssh\.com)\s+AAAA\S+`)

// anchors are these within a value.
func anchors(value any) []string { return matches(anchorForm, value) }

// matches are the parts of texts and keys within a value that an expression fits, in their order.
func matches(form *pattern.Pattern, value any) []string {
	var all []string
	switch v := value.(type) {
	case string:
		all = form.FindAllString(v, -1)
	case []any:
		for _, inner := range v {
			all = append(all, matches(form, inner)...)
		}
	case map[string]any:
		for key, inner := range v {
			all = append(all, form.FindAllString(key, -1)...)
			all = append(all, matches(form, inner)...)
		}
	}
	slices.Sort(all)
	return all
}
