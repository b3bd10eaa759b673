package gate

import (
	"encoding/base64"
	"slices"
	"strings"
	"unicode"

	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/pattern"
)

// anchorForm fits what programs believe others by: public keys, certificates, the host keys of ssh, and keys of a JWKS.
var anchorForm = pattern.New(`-----BEGIN (?:[A-Z0-9 ]*PUBLIC KEY(?: BLOCK)?|(?:TRUSTED |X509 )?CERTIFICATE)-----[^-]*|(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-\S+|sk-\S+@openssh\.com)\s+AAAA\S+|\{[^{}]*"kty"[^{}]*\}`)

// encodedForm fits what may be such a text in base64, broken into lines or not.
var encodedForm = pattern.New(`[A-Za-z0-9+/_-]{40,}(?:\s+[A-Za-z0-9+/_-]+)*={0,2}`)

// anchors are these within a value, in clear or in base64.
func anchors(value any) []string {
	all := matches(anchorForm, value)
	texts(value, func(text string) {
		for _, word := range encodedForm.FindAllString(text, -1) {
			all = append(all, anchorForm.FindAllString(decoded(word), -1)...)
		}
	})
	slices.Sort(all)
	return all
}

// decoded is what a word means in base64, of whichever alphabet; it is empty where it means nothing.
func decoded(word string) string {
	word = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || r == '=':
			return -1
		case r == '-':
			return '+'
		case r == '_':
			return '/'
		}
		return r
	}, word)
	text, err := base64.RawStdEncoding.DecodeString(word)
	if err != nil {
		return ""
	}
	return string(text)
}

// believes are the parts of a change by which others are believed now who were not before, or are not any more: keys
// and certificates that an object holds, and the ones of another ConfigMap or Secret that it takes in their place.
func (b baseline) believes(t finding.Target, o diff.Object, after []manifest.Object) map[string]string {
	const why = "by the keys and certificates in it others are believed"
	found := map[string]string{}
	switch {
	case o.After == nil:
	case o.Before == nil:
		if holdsSettings(*o.After) && b.lacks(anchors(o.After.Value)) {
			found["data"] = why
		}
	case o.Object.Kind == "Secret": // whose texts are veiled in the changes
		if !slices.Equal(anchors(o.Before.Value), anchors(o.After.Value)) {
			found["data"] = why
		}
	default:
		for _, c := range o.Changes {
			if !slices.Equal(anchors(c.Before), anchors(c.After)) || !slices.Equal(heldAnchors(b.of(t), *o.Before, c, c.Before), heldAnchors(after, *o.After, c, c.After)) {
				found[c.Field] = why
			}
		}
	}
	return found
}

// lacks tells whether no object of the base holds one of these keys and certificates.
func (b baseline) lacks(anew []string) bool {
	if len(anew) == 0 {
		return false
	}
	known := map[string]bool{}
	for _, o := range b.objects {
		for _, anchor := range anchors(o.Value) {
			known[anchor] = true
		}
	}
	return slices.ContainsFunc(anew, func(anchor string) bool { return !known[anchor] })
}

func holdsSettings(o manifest.Object) bool { return o.Kind == "ConfigMap" || o.Kind == "Secret" }

// heldForm fits where an object names the ConfigMap or Secret that it takes something from.
var heldForm = pattern.New(`(?:^|\.)(?:(?:configMap|secret)(?:Ref|KeyRef)?\.name|secretName)$`)

// heldAnchors are the keys and certificates of the ConfigMap or Secret that a changed value names.
func heldAnchors(objects []manifest.Object, o manifest.Object, c diff.Change, value any) []string {
	var all []string
	hold := func(field string, name any) {
		if !heldForm.MatchString(field) {
			return
		}
		for _, l := range objects {
			if holdsSettings(l) && l.Name == name && l.Namespace == o.Namespace {
				all = append(all, anchors(l.Value)...)
			}
		}
	}
	field := plainField(c.Field)
	hold(field, value)
	leavesWith(value, field, hold)
	slices.Sort(all)
	return slices.Compact(all)
}

// texts visits the texts within a value.
func texts(value any, visit func(string)) {
	switch v := value.(type) {
	case string:
		visit(v)
	case []any:
		for _, inner := range v {
			texts(inner, visit)
		}
	case map[string]any:
		for _, inner := range v {
			texts(inner, visit)
		}
	}
}

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
