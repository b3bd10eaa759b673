package veil

import (
	"strings"

	"tenon.dev/tenon/internal/pattern"
)

// weakName fits names that hold secrets and much else: there the value has to look like one.
var weakName = pattern.New(`(?i)((^|[-_.])(key|psk|pin|otp|dsn|bearer|passcode|mnemonic|salt|cookie)s?|[-_.a-z0-9](key|psk|pw))$`)

// random tells whether a text looks like one that nobody thought up: letters of both kinds and digits in one word, or
// a long number of hexadecimal digits.
func random(text string) bool {
	text = strings.Trim(text, `"'`)
	if hexadecimal.MatchString(text) {
		return true
	}
	return len(text) >= 8 && mixed.MatchString(text) && strings.ContainsAny(text, "0123456789") && strings.ToLower(text) != text && strings.ToUpper(text) != text
}

var (
	hexadecimal = pattern.New(`^[0-9a-f]{32,}$`)
	mixed       = pattern.New(`^[A-Za-z0-9+/=_!@#%^*~?-]+$`)
)

// weakPair fits a name that may be one of a secret, with what is assigned to it.
var weakPair = pattern.New(`(?i)([A-Za-z0-9_.-]*(?:key|psk|pw|pin|otp|dsn|bearer|passcode|mnemonic|salt|cookie)s?)((?:\\*["'])?[ \t]*(?:=>|[:=])[ \t]*\\*["']?)([^\s"',;}\])&|\\]{8,})`)
