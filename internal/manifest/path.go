package manifest

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Path leads to a field of an object: string elements are keys, int elements list indices.
type Path []any

var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// String writes the path as spec.steps[0].limits["nvidia.com/gpu"].
func (p Path) String() string {
	var b strings.Builder
	for _, element := range p {
		switch e := element.(type) {
		case int:
			fmt.Fprintf(&b, "[%d]", e)
		case string:
			switch {
			case !plainKey.MatchString(e):
				fmt.Fprintf(&b, "[%q]", e)
			case b.Len() == 0:
				b.WriteString(e)
			default:
				b.WriteString("." + e)
			}
		}
	}
	return b.String()
}

// Append returns the path with the elements added, leaving p as it is.
func (p Path) Append(elements ...any) Path {
	return append(append(make(Path, 0, len(p)+len(elements)), p...), elements...)
}

// ParsePath reads what String writes, and the paths in the messages of the API server and
// of Tekton, where a key in brackets may stand without quotes.
func ParsePath(text string) Path {
	var path Path
	for text != "" {
		switch {
		case text[0] == '.':
			text = text[1:]
		case strings.HasPrefix(text, `["`):
			quoted, err := strconv.QuotedPrefix(text[1:])
			if err != nil {
				return path
			}
			key, _ := strconv.Unquote(quoted)
			path = append(path, key)
			text = strings.TrimPrefix(text[1+len(quoted):], "]")
		case text[0] == '[':
			inside, rest, _ := strings.Cut(text[1:], "]")
			path, text = append(path, element(inside)), rest
		default:
			end := strings.IndexAny(text, ".[")
			if end < 0 {
				end = len(text)
			}
			path, text = append(path, text[:end]), text[end:]
		}
	}
	return path
}

func element(text string) any {
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	return text
}

// Lookup returns the value at the path.
func Lookup(value any, path Path) (any, bool) {
	for _, element := range path {
		switch e := element.(type) {
		case string:
			object, ok := value.(map[string]any)
			if !ok {
				return nil, false
			}
			if value, ok = object[e]; !ok {
				return nil, false
			}
		case int:
			list, ok := value.([]any)
			if !ok || e < 0 || e >= len(list) {
				return nil, false
			}
			value = list[e]
		}
	}
	return value, true
}

// Anchor writes a path in a value with the items of lists named by their name or key, where they have
// one: spec.steps[test].image stays the same when a step comes before it.
func Anchor(value any, path Path) string {
	var named Path
	for i, element := range path {
		n, isIndex := element.(int)
		item, _ := Lookup(value, path[:i+1])
		object, _ := item.(map[string]any)
		for _, key := range []string{"name", "key", "mountPath"} {
			if name, ok := object[key].(string); ok && isIndex {
				element = fmt.Sprintf("%s=%s", key, name)
				break
			}
		}
		if element == any(n) && isIndex {
			named = append(named, n)
			continue
		}
		named = append(named, element)
	}
	return named.String()
}
