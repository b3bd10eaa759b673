package finding

import "unicode/utf8"

// longest is how many bytes of a text a finding says: names and values of the objects are in it, and what is
// found may be as many times as these are long.
const longest = 2_000

// Clip shortens a text that is longer.
func Clip(text string) string {
	if len(text) <= longest {
		return text
	}
	end := longest
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + " ..."
}

// Clipped is a finding with texts that are not too long.
func Clipped(f Finding) Finding {
	f.Message, f.Remedy, f.Field, f.Quote = Clip(f.Message), Clip(f.Remedy), clipName(f.Field), Clip(f.Quote)
	if f.Object != nil && (len(f.Object.Name) > longestName || len(f.Object.Namespace) > longestName || len(f.Object.Kind) > longestName) {
		o := *f.Object
		o.Name, o.Namespace, o.Kind = clipName(o.Name), clipName(o.Namespace), clipName(o.Kind)
		f.Object = &o
	}
	return f
}

// longestName is more than any name of Kubernetes and most paths.
const longestName = 600

func clipName(name string) string {
	if len(name) <= longestName {
		return name
	}
	end := longestName
	for end > 0 && !utf8.RuneStart(name[end]) {
		end--
	}
	return name[:end] + "..."
}
