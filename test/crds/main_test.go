package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestUpToDate compares the committed schemas with those of the pinned upstream modules.
func TestUpToDate(t *testing.T) {
	files, err := extract()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join("..", "..", "internal", "typed", "crds")
	committed, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(committed) != len(files) {
		t.Errorf("%d schemas are committed, upstream gives %d", len(committed), len(files))
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what upstream has; try: make generate", name)
		}
	}
}
