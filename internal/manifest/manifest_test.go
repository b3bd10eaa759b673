package manifest_test

import (
	"testing"

	"tenon.dev/tenon/internal/manifest"
)

func TestPath(t *testing.T) {
	for text, want := range map[string]manifest.Path{
		"spec.steps[0].image":                     {"spec", "steps", 0, "image"},
		`limits["nvidia.com/gpu"]`:                {"limits", "nvidia.com/gpu"},
		"metadata.labels[app.kubernetes.io/name]": {"metadata", "labels", "app.kubernetes.io/name"},
		"spec.tasks[build].taskRef":               {"spec", "tasks", "build", "taskRef"},
		`data["a\"b"]`:                            {"data", `a"b`},
		"":                                        nil,
	} {
		got := manifest.ParsePath(text)
		if len(got) != len(want) {
			t.Errorf("%s: got %v", text, got)
			continue
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: got %v", text, got)
			}
		}
		if again := manifest.ParsePath(got.String()); again.String() != got.String() {
			t.Errorf("%s: written as %s, read back as %s", text, got, again)
		}
	}
}

const stream = `# a comment
apiVersion: v1
kind: ConfigMap
metadata:
  name: first
---
# nothing here
---
just: notes
--- # a separator with a comment
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Secret
  metadata: {name: second}
  data:
    answer: y
`

func TestParse(t *testing.T) {
	p := manifest.Parse("file.yaml", []byte(stream))
	if len(p.Objects) != 2 || p.Skipped != 1 || len(p.Findings) != 0 {
		t.Fatalf("%d objects, %d skipped, %v", len(p.Objects), p.Skipped, p.Findings)
	}
	for _, test := range []struct {
		object int
		field  string
		want   string
	}{
		{0, "metadata.name", "file.yaml:5:9"},
		{0, "metadata", "file.yaml:4:1"},
		{0, "metadata.labels.app", "file.yaml:4:1"},
		{1, "metadata.name", "file.yaml:16:20"},
		{1, "data.answer", "file.yaml:18:13"},
	} {
		places := p.Objects[test.object].Origin.Trace(manifest.ParsePath(test.field), "")
		if got := places[0].Position.String(); got != test.want {
			t.Errorf("%s: %s, want %s", test.field, got, test.want)
		}
	}
	// As the API server reads it: a bare y is a boolean.
	if got, _ := manifest.Lookup(p.Objects[1].Value, manifest.Path{"data", "answer"}); got != true {
		t.Errorf("a bare y is %v", got)
	}
}

func TestParseBroken(t *testing.T) {
	p := manifest.Parse("file.yaml", []byte("apiVersion: [1\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n---\napiVersion: 1\napiVersion: 2\n"))
	if len(p.Objects) != 1 || len(p.Findings) != 2 {
		t.Fatalf("%d objects, %v", len(p.Objects), p.Findings)
	}
	for i, want := range []struct {
		rule string
		line int
	}{{"input/yaml", 1}, {"types/duplicate-field", 8}} {
		if f := p.Findings[i]; f.Rule != want.rule || f.Source.Line < want.line-1 || f.Source.Line > want.line+1 {
			t.Errorf("%s at %s, want %s about line %d: %s", f.Rule, f.Source, want.rule, want.line, f.Message)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(stream))
	f.Add([]byte("---\n---"))
	f.Add([]byte("\ufeffa: &a [*a]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, o := range manifest.Parse("f", data).Objects {
			o.Origin.Trace(manifest.Path{"spec", 0, "x"}, "")
			if _, err := manifest.Marshal(o); err != nil {
				t.Error(err)
			}
		}
	})
}
