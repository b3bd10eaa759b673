package gate

import (
	"slices"

	"tenon.dev/tenon/internal/pattern"
)

// anchorForm fits what programs believe others by: public keys, certificates, and the host keys of ssh.
var anchorForm = pattern.New(`-----BEGIN (?:[A-Z0-9 ]*PUBLIC KEY(?: BLOCK)?|(?:TRUSTED |X509 )?CERTIFICATE)-----[^-]*|(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-\S+|sk-\S+@openssh\.com)\s+AAAA\S+`)

// anchors are these within a value.
func anchors(value any) []string {
	var all []string
	switch v := value.(type) {
	case string:
		all = anchorForm.FindAllString(v, -1)
	case []any:
		for _, inner := range v {
			all = append(all, anchors(inner)...)
		}
	case map[string]any:
		for _, inner := range v {
			all = append(all, anchors(inner)...)
		}
	}
	slices.Sort(all)
	return all
}
