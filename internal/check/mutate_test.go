package check_test

import (
	"context"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"tenon.dev/tenon"
	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/platform"
)

// odd are values that code which expects something else may trip over.
var odd = []any{
	nil, "", " ", "\x00", "-1", "0", "99999999999999999999", "1e99999999", "-", "$(", "$(params.", "$(params.a)", "$(tasks.a.results.b)", "${x}", "{{ x }}",
	"../../etc/passwd", "a/b@sha256:x", ":", "@", "a:b:c", "\u202e", "\xff", "true", "[]", "*", "**", "[", "(", "%!s", "a\nb", strings.Repeat("a", 70_000), strings.Repeat("$(", 500),
	int64(0), int64(-1), int64(1) << 62, 0.5, 1e300, true, false, []any{}, []any{nil}, []any{"a", int64(1), nil}, map[string]any{}, map[string]any{"": nil}, map[string]any{"name": nil},
	map[string]any{"a": map[string]any{"b": []any{map[string]any{}}}}, []any{[]any{[]any{}}}, "#!/bin/sh\n() true", "#!", "FROM", "FROM \\\n", "0 0 31 2 *", "rate(x[5m]", "10.0.0.0/33", "::/0",
}

// mutate changes one place of a value, chosen by chance.
func mutate(r *rand.Rand, value any, other any) any {
	switch v := value.(type) {
	case map[string]any:
		keys := slices.Sorted(maps.Keys(v))
		if len(keys) == 0 || r.IntN(12) == 0 {
			return pick(r, other)
		}
		key := keys[r.IntN(len(keys))]
		next := map[string]any{}
		for k, inner := range v {
			next[k] = inner
		}
		switch r.IntN(10) {
		case 0:
			delete(next, key)
		case 1:
			next[key] = odd[r.IntN(len(odd))]
		case 2:
			next[keys[r.IntN(len(keys))]] = v[key]
		case 3:
			if text, ok := odd[r.IntN(len(odd))].(string); ok {
				next[text] = v[key]
			}
		default:
			next[key] = mutate(r, v[key], other)
		}
		return next
	case []any:
		if len(v) == 0 || r.IntN(12) == 0 {
			return pick(r, other)
		}
		i := r.IntN(len(v))
		next := append([]any(nil), v...)
		switch r.IntN(6) {
		case 0:
			return append(next[:i], next[i+1:]...)
		case 1:
			return append(next, v[i])
		case 2:
			next[i] = odd[r.IntN(len(odd))]
		default:
			next[i] = mutate(r, v[i], other)
		}
		return next
	case string:
		if r.IntN(3) == 0 && len(v) > 0 {
			at := r.IntN(len(v))
			if text, ok := odd[r.IntN(len(odd))].(string); ok {
				return v[:at] + text + v[at:]
			}
		}
	}
	return odd[r.IntN(len(odd))]
}

// pick takes a part of another object.
func pick(r *rand.Rand, value any) any {
	for range r.IntN(6) {
		switch v := value.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				if r.IntN(len(v)) == 0 {
					value = v[key]
					break
				}
			}
		case []any:
			if len(v) > 0 {
				value = v[r.IntN(len(v))]
			}
		}
	}
	return value
}

// mutants are the objects of all defects, and the checker that they are tried with.
type mutants struct {
	objects [][]map[string]any
	checker *check.Checker
	facts   platform.Facts
	dir     string
}

func newMutants(t testing.TB) *mutants {
	m := &mutants{dir: t.TempDir()}
	m.checker = check.New(rules(t))
	text, err := os.ReadFile(defects + "/facts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	m.facts, _, err = platform.ReadFacts(tenon.CUE, "facts.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(defects, func(file string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(file) != ".diff" {
			return err
		}
		data, err := os.ReadFile(file)
		var wrong strings.Builder
		for _, line := range strings.Split(string(data), "\n") {
			if line != "" && line[0] != '+' {
				wrong.WriteString(line[1:] + "\n")
			}
		}
		var objects []map[string]any
		for _, o := range manifest.Parse("f", []byte(wrong.String())).Objects {
			objects = append(objects, o.Value)
		}
		if len(objects) > 0 {
			m.objects = append(m.objects, objects)
		}
		return err
	})
	if err != nil || len(m.objects) < 100 {
		t.Fatal(len(m.objects), err)
	}
	return m
}

// try checks one mutant, and wants every check to have worked.
func (m *mutants) try(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 1))
	objects := m.objects[r.IntN(len(m.objects))]
	others := m.objects[r.IntN(len(m.objects))]
	list := []any{}
	for _, o := range objects {
		list = append(list, o)
	}
	var changed any = list
	for range 1 + r.IntN(4) {
		changed = mutate(r, changed, any(others[r.IntN(len(others))]))
	}
	items, ok := changed.([]any)
	if !ok {
		items = []any{changed}
	}
	var text strings.Builder
	for _, item := range items {
		data, err := json.Marshal(item)
		if err != nil {
			return
		}
		if seed%2 == 0 {
			if asYAML, err := yaml.JSONToYAML(data); err == nil {
				data = asYAML
			}
		}
		text.WriteString("---\n" + string(data) + "\n")
	}
	file := filepath.Join(m.dir, "m.yaml")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	report, err := m.checker.Files(context.Background(), check.Manifests{Paths: []string{file}, Facts: m.facts, Complete: seed%3 == 0, Now: time.Now()})
	if err != nil {
		t.Fatalf("seed %d: %v\n%s", seed, err, text.String())
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Fatalf("seed %d: took %s\n%s", seed, took, text.String())
	}
	for _, f := range report.Findings {
		if f.Internal() {
			t.Fatalf("seed %d: %s: %s\n%s", seed, f.Rule, f.Message, text.String()[:min(text.Len(), 3000)])
		}
	}
}

// TestMutants tries some mutants of all defects; make fuzz tries many more.
func TestMutants(t *testing.T) {
	m := newMutants(t)
	n := uint64(1500)
	if testing.Short() {
		n = 200
	}
	for seed := range n {
		m.try(t, seed)
	}
}

// FuzzMutants lets chance choose.
func FuzzMutants(f *testing.F) {
	m := newMutants(f)
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { m.try(t, seed) })
}
