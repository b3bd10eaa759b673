package cli_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// begin writes the platform that the trials change: a new one, whose files are those of testdata/starter, so that a trial
// finds the lines that it changes, whatever init writes.
func begin(t *testing.T, dir string) {
	t.Helper()
	if got := tenon(t, t.TempDir(), "", "init", dir, "--name", "notebook-ci"); got.code != 0 {
		t.Fatal(got.output)
	}
	for _, extra := range []string{"README.md", ".gitignore", ".github"} {
		if err := os.RemoveAll(filepath.Join(dir, extra)); err != nil {
			t.Fatal(err)
		}
	}
	files := os.DirFS("testdata/starter")
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, "cue/platform", filepath.FromSlash(name)), data, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}
