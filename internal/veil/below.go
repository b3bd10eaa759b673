package veil

import (
	"strings"

	"tenon.dev/tenon/internal/pattern"
)

// opens fits a line of YAML, JSON or an INI file that names a secret and has its value on the lines below.
var opens = pattern.New(`^([ \t]*)(?:.*[{,][ \t]*)?(?:- )?\\*["']?([\w./-]+)\\*["']?[ \t]*[:=][ \t]*(?:([|>])[-+0-9]*)?[ \t]*(?:#.*)?$`)

// holds fits a line that has a key of its own, whose name decides about its value.
var holds = pattern.New(`^(?:- )?["']?[\w./-]+["']?\s*:(?:\s|$)`)

// below hides values that stand on the lines below the name of a secret: block scalars, items of lists, and values
// that an encoder broke off.
func below(text string) string {
	if !strings.Contains(text, "\n") {
		return text
	}
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		m := opens.FindStringSubmatch(strings.TrimRight(lines[i], "\r"))
		if m == nil || !IsName(m[2]) || benignPair.MatchString(m[2]) && !strings.HasPrefix(m[2], "secrets") {
			continue
		}
		i = hideBelow(lines, i+1, m[2], len(m[1]), m[3] != "")
	}
	return strings.Join(lines, "\n")
}

// hideBelow hides the lines from one on that are deeper than an indentation, and returns the last of them. A block
// scalar is one value; of others, a line with a key of its own is left to its name.
func hideBelow(lines []string, from int, name string, indentation int, block bool) int {
	last := from - 1
	for i := from; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		indent := len(lines[i]) - len(strings.TrimLeft(lines[i], " \t"))
		isItem := !block && strings.HasPrefix(line, "- ") && indent >= indentation
		isFirst := i == from && !block && (strings.HasPrefix(line, `"`) || strings.HasPrefix(line, "'"))
		switch {
		case line == "":
			continue
		case indent <= indentation && !isItem && !isFirst:
			return last
		}
		last = i
		value := strings.Trim(strings.TrimPrefix(line, "- "), `"',`)
		if !block && holds.MatchString(line) || len(value) < shortest || harmless(name, value) || code(value) || strings.ContainsAny(line[:1], "{[]}") {
			continue
		}
		lines[i] = strings.Replace(lines[i], value, Hidden, 1)
	}
	return last
}
