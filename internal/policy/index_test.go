package policy

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"tenon.dev/tenon"
)

// TestIndex: the index says of each rule what its module says. TENON_UPDATE=1 writes it anew.
func TestIndex(t *testing.T) {
	set, err := Load(context.Background(), Source{Name: tenonsOwn, FS: withoutIndex(t)})
	if err != nil {
		t.Fatal(err)
	}
	var all []indexed
	for _, r := range set.Rules {
		all = append(all, toIndex(r))
	}
	var want bytes.Buffer
	encoder := json.NewEncoder(&want)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(all); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("..", "..", filepath.FromSlash(indexFile))
	if os.Getenv("TENON_UPDATE") != "" {
		if err := os.WriteFile(file, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got, err := tenon.Policies.ReadFile(indexFile); err != nil || !bytes.Equal(got, want.Bytes()) {
		t.Fatalf("%s is not what the modules say: %v; TENON_UPDATE=1 go test ./internal/policy writes it", indexFile, err)
	}
	indexed, err := Load(context.Background(), Source{Name: tenonsOwn, FS: tenon.Policies})
	if err != nil || len(indexed.Rules) != len(set.Rules) {
		t.Fatalf("%d rules, want %d: %v", len(indexed.Rules), len(set.Rules), err)
	}
}

// withoutIndex are the modules alone.
func withoutIndex(t *testing.T) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	names, err := filepath.Glob("../../policies/*/*.rego")
	if err != nil || len(names) < 100 {
		t.Fatal(len(names), err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.ToSlash(name)[len("../../"):]] = &fstest.MapFile{Data: text}
	}
	return files
}
