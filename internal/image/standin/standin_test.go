package standin_test

import (
	"os"
	"testing"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/image/standin"
	"tenon.dev/tenon/internal/platform"
)

// TestCommittedLock compares the reference platform's lock with the digests of the stand-ins
// that the project builds. TENON_UPDATE=1 writes it.
func TestCommittedLock(t *testing.T) {
	const root, file = "../../..", "../../../cue/platform/images.lock.cue"
	environments, found, err := check.Load(platform.Folder{FS: os.DirFS(root), Dir: "cue/platform"})
	if err != nil || len(found) > 0 {
		t.Fatal(err, found)
	}
	var states []platform.State
	for _, e := range environments {
		states = append(states, e.State)
	}
	want, err := standin.Lock(image.Catalogue(states))
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("TENON_UPDATE") != "" {
		if err := os.WriteFile(file, want, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != string(want) {
		t.Errorf("the committed lock does not hold the stand-ins' digests\nhave:\n%s\nwant:\n%s", have, want)
	}
}
