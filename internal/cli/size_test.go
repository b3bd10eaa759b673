package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLittleToWrite holds the schema to its promise: it carries the weight, and a team writes
// little. Comments and empty lines are not counted.
func TestLittleToWrite(t *testing.T) {
	small := 0
	err := fs.WalkDir(starter, "starter", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := starter.ReadFile(name)
		small += lines(string(data))
		return err
	})
	if err != nil || small == 0 || small >= 40 {
		t.Errorf("the starter is %d lines of CUE, want less than 40: %v", small, err)
	}
	files, err := filepath.Glob("../../cue/platform/*.cue")
	if err != nil {
		t.Fatal(err)
	}
	environments, err := filepath.Glob("../../cue/platform/*/*.cue")
	if err != nil {
		t.Fatal(err)
	}
	reference := 0
	for _, file := range append(files, environments...) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		reference += lines(string(data))
	}
	if reference < 100 || reference >= 400 {
		t.Errorf("the reference platform is %d lines of CUE, want less than 400", reference)
	}
	t.Logf("starter %d lines, reference platform %d lines", small, reference)
}

func lines(text string) (count int) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			count++
		}
	}
	return count
}
