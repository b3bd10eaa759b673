package overlay

import (
	"os"
	"path/filepath"
	"testing"
)

// TestRenameBoth: where two folders cannot be exchanged in one step, each moment in between is mended by the next run.
func TestRenameBoth(t *testing.T) {
	write := func(dir, text string) {
		t.Helper()
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "a"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	holds := func(dir, want string) {
		t.Helper()
		if text, err := os.ReadFile(filepath.Join(dir, "a")); err != nil || string(text) != want {
			t.Errorf("%s holds %q (%v), want %q", filepath.Base(dir), text, err, want)
		}
	}
	gone := func(dir string) {
		t.Helper()
		for _, suffix := range []string{newSuffix, oldSuffix} {
			if _, err := os.Lstat(dir + suffix); err == nil {
				t.Errorf("%s is left", dir+suffix)
			}
		}
	}
	whole := filepath.Join(t.TempDir(), "overlays")
	write(whole, "old")
	write(whole+newSuffix, "new")
	if err := renameBoth(whole+newSuffix, whole); err != nil {
		t.Fatal(err)
	}
	holds(whole, "new")
	holds(whole+newSuffix, "old")

	first := filepath.Join(t.TempDir(), "overlays") // killed when the old tree was moved away
	write(first+oldSuffix, "old")
	write(first+newSuffix, "new")
	if err := recoverInterrupted(first); err != nil {
		t.Fatal(err)
	}
	holds(first, "old")
	gone(first)

	second := filepath.Join(t.TempDir(), "overlays") // killed when the new one was in its place
	write(second, "new")
	write(second+oldSuffix, "old")
	if err := recoverInterrupted(second); err != nil {
		t.Fatal(err)
	}
	holds(second, "new")
	gone(second)
}
