package manifest

import (
	"fmt"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

// largeNumber fits the texts of numbers that take apimachinery minutes to compare: it writes out what
// an exponent stands for (https://github.com/kubernetes/apimachinery/blob/v0.37.2/pkg/api/resource/quantity.go).
var largeNumber = regexp.MustCompile(`^[+-]?[0-9.]*[eE][+-]?0*[0-9]{4,}$`)

// bareExponent fits the same without any digit before the exponent, which apimachinery takes for zero.
// Fewer digits take no time, and may be the hash of a commit.
var bareExponent = regexp.MustCompile(`^[eE][+-]?0*[0-9]{9,}$`)

// maxNumber bounds the digits of a number, for the same reason.
const maxNumber = 200

// TooLarge tells whether a text is a number that nothing may compare as a quantity.
func TooLarge(text string) bool {
	text = strings.TrimSpace(text)
	if len(text) < 5 || !strings.ContainsAny(text[:1], "+-.0123456789eE") {
		return false
	}
	if text[0] == 'e' || text[0] == 'E' {
		return bareExponent.MatchString(text)
	}
	return largeNumber.MatchString(text) || len(text) > maxNumber && strings.Trim(text[:maxNumber], "+-.0123456789") == ""
}

// ParseQuantity reads a quantity, and refuses what is too large to be compared.
func ParseQuantity(text string) (resource.Quantity, error) {
	if TooLarge(text) {
		return resource.Quantity{}, fmt.Errorf("%s is no quantity: its exponent or its digits are too many", shorten(text))
	}
	return resource.ParseQuantity(text)
}

// Tame returns the object with each number that is too large to be compared cut short, so that it
// parses as no quantity; fields that hold text hardly notice. An object without one is returned as it
// is.
func Tame(o Object) Object {
	if value, changed := tame(o.Value); changed {
		o.Value = value.(map[string]any)
	}
	return o
}

func tame(value any) (tamed any, changed bool) {
	switch v := value.(type) {
	case string:
		if TooLarge(v) {
			return shorten(v), true
		}
	case map[string]any:
		var all map[string]any
		for key, inner := range v {
			if next, ok := tame(inner); ok {
				if all == nil {
					all = make(map[string]any, len(v))
					for k, old := range v {
						all[k] = old
					}
				}
				all[key] = next
			}
		}
		if all != nil {
			return all, true
		}
	case []any:
		var all []any
		for i, inner := range v {
			if next, ok := tame(inner); ok {
				if all == nil {
					all = append(all, v...)
				}
				all[i] = next
			}
		}
		if all != nil {
			return all, true
		}
	}
	return value, false
}

func shorten(text string) string {
	const most = 24
	if len(text) > most {
		text = text[:most]
	}
	return text + "…"
}
