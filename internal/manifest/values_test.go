package manifest

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	yamlv2 "go.yaml.in/yaml/v2"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// byJSON decodes as kubectl does.
func byJSON(text []byte) (any, error) {
	text, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return nil, err
	}
	var value any
	err = kjson.UnmarshalCaseSensitivePreserveInts(text, &value)
	return value, err
}

func compare(t *testing.T, text []byte) {
	t.Helper()
	have, err := valueOf(text)
	want, wantErr := byJSON(text)
	if (err == nil) != (wantErr == nil) || !reflect.DeepEqual(have, want) {
		t.Errorf("%q\n is %#v (%v)\n want %#v (%v)", text, have, err, want, wantErr)
	}
}

// oddValues are what readers of YAML differ about.
var oddValues = []string{
	"", "null", "a: ~", "a: y\nb: on\nc: off\nd: No\ne: yes", "1: a\n2.5: b\ntrue: c\n.inf: d", "a: 0o14\nb: 014\nc: 0x1F\nd: 0b11\ne: 1_000", "a: 1e3\nb: 1.0\nc: -0.0\nd: 1e21\ne: 1e-7\nf: .5",
	"a: .nan", "a: -.inf", "a: 9223372036854775807\nb: 9223372036854775808\nc: 18446744073709551615\nd: 18446744073709551616\ne: -9223372036854775809", "a: 2001-01-01\nb: !!timestamp 2001-01-01", "a: !!binary aGk=", "a: !!str 1\nb: !!int \"1\"\nc: !!float 1",
	"a: &x {b: [1, 2]}\nc: *x\nd: {<<: *x, e: 1}", "a: 1\na: 2", "[1, [2, {a: b}]]", "? [a]\n: b", "? {a: b}\n: c", "null: a", "a: 190:20:30", "a: \"\\xff\\ud800\"", "- a\n- |\n  b\n- >\n  c", "a: !x b", "a: 1\n\"1\": b\n1: b", "a\n: b", "{a: b", "\xff",
}

// TestValueOf compares the values of documents with those that sigs.k8s.io/yaml makes of them.
func TestValueOf(t *testing.T) {
	for _, text := range oddValues {
		if !strings.Contains(text, "\n\"1\": b\n1: b") { // one of both, whichever
			compare(t, []byte(text))
		}
	}
	files, err := filepath.Glob("../../overlays/*/*/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(len(files), err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		documents, _ := split(name, text)
		for _, d := range documents {
			compare(t, d.text)
		}
	}
}

// FuzzValues: a document has the value that kubectl sees in it.
func FuzzValues(f *testing.F) {
	for _, text := range oddValues {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var value any
		if yamlv2.UnmarshalStrict([]byte(text), &value) == nil && collides(value) {
			return // of keys that become one either counts
		}
		compare(t, []byte(text))
	})
}

// collides tells whether keys of YAML become one and the same in JSON.
func collides(value any) bool {
	switch v := value.(type) {
	case map[any]any:
		names := map[string]bool{}
		for key, inner := range v {
			name, _ := keyOf(key)
			if names[name] || collides(inner) {
				return true
			}
			names[name] = true
		}
	case []any:
		return slices.ContainsFunc(v, collides)
	}
	return false
}
