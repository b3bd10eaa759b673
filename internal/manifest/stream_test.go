package manifest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"tenon.dev/tenon/internal/manifest"
)

// read gives of each object its kind, its name and the line of its name.
func read(t *testing.T, text string, most int) []string {
	t.Helper()
	parsed, err := manifest.Read("a.yaml", strings.NewReader(text), most)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, o := range parsed.Objects {
		at := o.Origin.Trace(manifest.Path{"metadata", "name"}, "")[0]
		all = append(all, fmt.Sprintf("%s %s %d", o.Kind, o.Name, at.Line))
	}
	for _, f := range parsed.Findings {
		all = append(all, fmt.Sprintf("%s %d", f.Rule, f.Source.Line))
	}
	return all
}

func object(i int) string {
	return fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m%d\ndata:\n  a: |\n    - no item\n    items:\n  b: '%s'\n", i, strings.Repeat("x", i%90))
}

// TestRead: what is read in parts is what is read as a whole, at the same lines.
func TestRead(t *testing.T) {
	var documents, items strings.Builder
	var list struct {
		APIVersion string           `json:"apiVersion"`
		Kind       string           `json:"kind"`
		Items      []map[string]any `json:"items"`
	}
	for i := range 200 {
		fmt.Fprintf(&documents, "--- # %d\n%s", i, object(i))
		fmt.Fprintf(&items, "- %s", strings.ReplaceAll(strings.TrimSuffix(object(i), "\n"), "\n", "\n  ")+"\n")
		var value map[string]any
		if err := yaml.Unmarshal([]byte(object(i)), &value); err != nil {
			t.Fatal(err)
		}
		list.Items = append(list.Items, value)
	}
	list.APIVersion, list.Kind = "v1", "List"
	kubectl := "apiVersion: v1\nitems:\n" + items.String() + "kind: List\nmetadata:\n  resourceVersion: \"\"\n"
	compact, _ := json.Marshal(list)
	spread, _ := json.MarshalIndent(list, "", "    ")
	bare := strings.NewReplacer("- apiVersion: v1\n  kind: ConfigMap\n  metadata", "- metadata").Replace(items.String())
	for i := range list.Items {
		list.Items[i] = map[string]any{"metadata": list.Items[i]["metadata"], "data": list.Items[i]["data"]}
	}
	list.Kind = "ConfigMapList"
	typed, _ := json.Marshal(list)
	for name, text := range map[string]string{
		"a typed list": "apiVersion: v1\nkind: ConfigMapList\nitems:\n" + bare, "a typed list in JSON": string(typed), "a list with its kind first": "apiVersion: v1\nkind: List\nitems:\n" + items.String(),
		"documents": documents.String(), "a list": kubectl, "a list between documents": documents.String() + "---\n" + kubectl + "---\n" + documents.String(),
		"two lists": kubectl + "---\n" + kubectl, "a list behind a separator": "---\n" + kubectl, "JSON": string(compact), "JSON of many lines": string(spread), "several of JSON": string(spread) + "\n" + string(spread),
		"a broken document": documents.String() + "---\na: [\n---\n" + documents.String(), "a strange separator": documents.String() + "--- {a: 1}\n" + documents.String(),
	} {
		t.Run(name, func(t *testing.T) {
			want := read(t, text, len(text))
			if len(want) < 200 {
				t.Fatalf("only %d objects: %v", len(want), want)
			}
			for _, most := range []int{1000, 4000} {
				got := read(t, text, most)
				if !reflect.DeepEqual(got, want) {
					for i := range min(len(got), len(want)) {
						if got[i] != want[i] {
							t.Fatalf("at most %d bytes: %d is %q, want %q (of %d and %d)", most, i, got[i], want[i], len(got), len(want))
						}
					}
					t.Fatalf("at most %d bytes: %d, want %d", most, len(got), len(want))
				}
			}
		})
	}
}

// TestReadTooLong: a document that is too long is told of, and hides no other.
func TestReadTooLong(t *testing.T) {
	long := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: long}\ndata:\n" + strings.Repeat("  a: b\n", 300)
	line := "a: " + strings.Repeat("x", 5000) + "\n"
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"many lines":  {object(1) + "---\n" + long + "---\n" + object(2), []string{"ConfigMap m1 4", "ConfigMap m2 319", "input/too-large 10"}},
		"one line":    {object(1) + "---\n" + line + line + "---\n" + object(2), []string{"ConfigMap m1 4", "ConfigMap m2 17", "input/too-large 10"}},
		"JSON":        {fmt.Sprintf("{\"kind\": \"List\",\n\"items\": [\n{\"a\": %q},\n{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\",\n\"metadata\": {\"name\": \"m1\"}}]}", line), []string{"ConfigMap m1 5", "input/too-large 3"}},
		"broken JSON": {"{\"a\": " + strings.Repeat("1", 2000) + "{", []string{"input/unreadable 0"}},
	} {
		if got := read(t, c.text, 1000); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// BenchmarkRead shows that the cost of a stream follows its length.
func BenchmarkRead(b *testing.B) {
	text := []byte(strings.Repeat("---\n"+object(80), 20000))
	for b.Loop() {
		if _, err := manifest.Read("a.yaml", bytes.NewReader(text), 1<<20); err != nil {
			b.Fatal(err)
		}
	}
}

// TestCutLists: what a list that was cut hides from one reader and not from another is said.
func TestCutLists(t *testing.T) {
	var items strings.Builder
	for i := range 100 {
		fmt.Fprintf(&items, "- metadata: {name: m%d}\n  data: {a: %s}\n", i, strings.Repeat("x", 50))
	}
	const role = `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"}}`
	long := strings.Repeat(role+",", 100) + role
	for name, test := range map[string]struct{ text, rule string }{
		"its kind stands behind the items":  {"apiVersion: v1\nitems:\n" + items.String() + "kind: ConfigMapList\n", "input/incomplete-object"},
		"two lists of items":                {"apiVersion: v1\nkind: ConfigMapList\nitems:\n" + items.String() + "items:\n" + items.String(), "types/duplicate-field"},
		"two lists of items, one quoted":    {"apiVersion: v1\nkind: ConfigMapList\nitems:\n" + items.String() + "\"items\":\n" + items.String(), "types/duplicate-field"},
		"two kinds":                         {"apiVersion: v1\nkind: ConfigMapList\nitems:\n" + items.String() + "kind: SecretList\n", "types/duplicate-field"},
		"two lists in JSON":                 {`{"kind":"List","apiVersion":"v1","items":[` + long + `],"items":[` + role + `]}`, "input/too-large"},
		"two kinds in JSON":                 {`{"kind":"List","apiVersion":"v1","items":[` + long + `],"kind":"SecretList"}`, "input/too-large"},
		"items in JSON that are no list":    {`{"kind":"List","apiVersion":"v1","items":{"a":"` + strings.Repeat("x", 3000) + `"}}`, "input/too-large"},
		"an item in JSON that says no kind": {`{"kind":"List","apiVersion":"v1","items":[` + long + `,{"metadata":{"name":"y"}}]}`, "input/incomplete-object"},
		"a kind in JSON that is no text":    {`{"kind":1,"apiVersion":"v1","items":[` + long + `]}`, "input/too-large"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := strings.Join(read(t, test.text, 2000), "\n"); !strings.Contains(got, test.rule) {
				t.Errorf("%s is not said:\n%.300s", test.rule, got)
			}
		})
	}
}
