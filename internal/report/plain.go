package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/veil"
)

// Names, messages and values come from repositories that nobody has reviewed. They are made plain once,
// before a page is written in any format: what a terminal, a browser or a CI would obey is written out.

// Line is a text on one line: without secrets, and with all that is no ordinary character written out.
func Line(text string) string {
	return command.ReplaceAllString(escaped(veil.Text(text), false), `# #$1[`)
}

// Value is a value of several lines as it may be shown.
func Value(text string) string { return calm(escaped(veil.Text(text), true)) }

// JSON writes a value for programs, with nothing in it that a terminal obeys and no secret.
func JSON(w io.Writer, value any) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(mapped(value, veil.Text)); err != nil {
		return err
	}
	_, err := io.WriteString(w, asciiJSON(text.String()))
	return err
}

// Lines is a text of several lines for standard error: no line but the first stands at the margin, so
// that nobody can write one that looks like tenon's.
func Lines(text string) string {
	lines := strings.Split(escaped(veil.Text(text), true), "\n")
	for i, line := range lines {
		if i > 0 && line != "" && !strings.HasPrefix(line, "  ") {
			lines[i] = "  " + line
		}
	}
	return calm(strings.Join(lines, "\n"))
}

// escaped writes out control characters, those that change the direction of text or show nothing, and
// what is no UTF-8. Line feeds and tabs stay where the text may have several lines.
func escaped(text string, several bool) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return obeyed(r) }) && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for i, r := range text {
		switch {
		case several && (r == '\n' || r == '\t'):
			b.WriteRune(r)
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd"):
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case obeyed(r) && r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case obeyed(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// obeyed tells whether a character does something instead of showing something: those of C0 and C1,
// line and paragraph separators, and those of format, such as the ones that turn the direction of text
// (https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters).
func obeyed(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) || r == 0x2800
}

// command fits what a CI takes for a command wherever it stands in a line: GitHub's older form, and
// those of Azure Pipelines and TeamCity.
var command = regexp.MustCompile(`##(\w*)\[`)

// commandLine fits what GitHub takes for a command at the start of a line, behind any blank of Unicode, which .NET's
// TrimStart takes away (https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs).
var commandLine = regexp.MustCompile(`(?m)^([\s\p{Z}]*):(:+)`)

// calm breaks what a CI that reads the log would take for a command.
func calm(text string) string {
	return commandLine.ReplaceAllString(command.ReplaceAllString(text, `# #$1[`), `$1: $2`)
}

// asciiJSON writes as escapes what a terminal or a CI would obey within the texts of JSON, which mean the
// same then.
func asciiJSON(text string) string {
	text = strings.ReplaceAll(text, "##", `#\u0023`)
	if !strings.ContainsFunc(text, func(r rune) bool { return r >= 0x7f && obeyed(r) }) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case r < 0x7f || !obeyed(r):
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// veiled is a copy of a page without secrets, with all else as it is: for programs.
func veiled(p Page) Page {
	p.Findings = slices.Clone(p.Findings)
	hide := remembered(veil.Text)
	for i, f := range p.Findings {
		p.Findings[i] = mapped(unveiled(f), hide)
	}
	p.Fixed = mapped(p.Fixed, veil.Text)
	p.Notes = mapped(p.Notes, veil.Text)
	p.Meaning = mapped(p.Meaning, veil.Text)
	return p
}

// plain is a copy of a page with every text in it made plain.
func plain(p Page) Page {
	p.Findings = plainFindings(p.Findings)
	p.Fixed = plainFindings(p.Fixed)
	p.Changes = plainChanges(p.Changes)
	p.Notes = mapped(p.Notes, Line)
	p.Targets = mapped(p.Targets, Line)
	p.Pipelines = mapped(p.Pipelines, Line)
	p.Pools = mapped(p.Pools, Line)
	p.Base, p.Head = Line(p.Base), Line(p.Head)
	return p
}

// remembered does for each text once what takes long: findings share their remedies, rules and names.
func remembered(change func(string) string) func(string) string {
	known := map[string]string{}
	return func(text string) string {
		shown, ok := known[text]
		if !ok {
			shown = change(text)
			known[text] = shown
		}
		return shown
	}
}

func plainFindings(all []finding.Finding) []finding.Finding {
	shown := make([]finding.Finding, len(all))
	line := remembered(Line)
	for i, f := range all {
		f.Message += repeated(f)
		shown[i] = mapped(unveiled(f), line)
	}
	return shown
}

// repeated says in how many other places the same is to be said, and names the first.
func repeated(f finding.Finding) string {
	if len(f.Repeats) == 0 {
		return ""
	}
	var places []string
	for _, p := range f.Repeats {
		places = append(places, finding.Position{File: p.File, Line: p.Line}.String())
	}
	return fmt.Sprintf("; the same in %s: %s", count(len(places), "more place"), finding.Few(places, 3))
}

// quotedText is a text that a message quotes.
var quotedText = regexp.MustCompile(`"(?:[^"\\]|\\.)+"|'(?:[^'\\]|\\.)+'`)

// Said is the message of a finding as it may be shown where no report is written.
func Said(f finding.Finding) string { return Line(unveiled(f).Message) }

// unveiled hides what the message about a field quotes where the field is one of a secret.
func unveiled(f finding.Finding) finding.Finding {
	path := manifest.ParsePath(f.Field)
	isSecret := slices.ContainsFunc(path, func(element any) bool {
		name, ok := element.(string)
		return ok && veil.IsName(strings.Trim(name, `"`))
	})
	if strings.HasPrefix(f.Rule, "schema/") && isSecret {
		f.Message = quotedText.ReplaceAllString(f.Message, veil.Hidden)
	}
	return f
}

// plainChanges leaves the lines of values, which are compared line by line.
func plainChanges(all []diff.Object) []diff.Object {
	shown := make([]diff.Object, len(all))
	value := func(text string) string { return command.ReplaceAllString(escaped(text, true), `# #$1[`) }
	for i, o := range all {
		shown[i] = o
		shown[i].Object, shown[i].Targets, shown[i].Source = mapped(o.Object, Line), mapped(o.Targets, Line), mapped(o.Source, Line)
		shown[i].Value = mapped(o.Value, value)
		shown[i].Changes = make([]diff.Change, len(o.Changes))
		for j, c := range o.Changes {
			c.Field, c.Source = Line(c.Field), mapped(c.Source, Line)
			c.Before, c.After = mapped(c.Before, value), mapped(c.After, value)
			shown[i].Changes[j] = c
		}
	}
	return shown
}

// mapped is a copy of a value with every text in its exported parts changed.
func mapped[T any](value T, change func(string) string) T {
	var boxed any = value
	if boxed == nil {
		return value
	}
	next, _ := mappedValue(reflect.ValueOf(&value).Elem(), change).Interface().(T)
	return next
}

func mappedValue(v reflect.Value, change func(string) string) reflect.Value {
	next := reflect.New(v.Type()).Elem()
	next.Set(v)
	switch v.Kind() {
	case reflect.String:
		next.SetString(change(v.String()))
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return next
		}
		inner := mappedValue(v.Elem(), change)
		if v.Kind() == reflect.Interface {
			next.Set(inner)
			return next
		}
		next.Set(reflect.New(v.Type().Elem()))
		next.Elem().Set(inner)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				next.Field(i).Set(mappedValue(v.Field(i), change))
			}
		}
	case reflect.Slice:
		if v.IsNil() {
			return next
		}
		next.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			next.Index(i).Set(mappedValue(v.Index(i), change))
		}
	case reflect.Map:
		if v.IsNil() {
			return next
		}
		next.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
		for _, key := range v.MapKeys() {
			next.SetMapIndex(mappedValue(key, change), mappedValue(v.MapIndex(key), change))
		}
	}
	return next
}
