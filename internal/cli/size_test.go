package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestLittleToWrite holds the schema to its promise: it carries the weight, and a team writes
// little. Comments and empty lines are not counted.
func TestLittleToWrite(t *testing.T) {
	var flags beginningFlags
	flags.register(&cobra.Command{})
	begun, _, err := flags.beginning("platform")
	if err != nil {
		t.Fatal(err)
	}
	written, err := begun.starterFiles()
	if err != nil {
		t.Fatal(err)
	}
	small := 0
	for name, text := range written {
		if strings.HasPrefix(name, "cue/platform/") {
			small += lines(string(text))
		}
	}
	if small == 0 || small >= 60 {
		t.Errorf("a new platform is %d lines of CUE, want less than 60", small)
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
	t.Logf("a new platform %d lines, reference platform %d lines", small, reference)
}

func lines(text string) (count int) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			count++
		}
	}
	return count
}
