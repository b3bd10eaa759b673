package argocd_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"tenon.dev/tenon/internal/argocd"
)

// TestFind: the platform is the one of the repository, never one above it.
func TestFind(t *testing.T) {
	mkdir := func(parts ...string) string {
		dir := filepath.Join(parts...)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	above := t.TempDir()
	mkdir(above, "cue", "platform") // of somebody else
	for name, test := range map[string]struct {
		app   string
		found bool
	}{
		"in the repository":          {mkdir(above, "with", "overlays", "prod", "phase1"), true},
		"not in the repository":      {mkdir(above, "without", "apps", "web"), false},
		"what the server handed on":  {mkdir(above, "_cmp_server", "0000", "web"), false},
		"its root":                   {mkdir(above, "_cmp_server", "1111"), false},
		"what it handed on, with it": {mkdir(above, "_cmp_server", "2222", "overlays", "prod"), true},
	} {
		switch name {
		case "in the repository":
			mkdir(above, "with", ".git")
			mkdir(above, "with", "cue", "platform")
		case "not in the repository":
			mkdir(above, "without", ".git")
		case "what it handed on, with it":
			mkdir(above, "_cmp_server", "2222", "cue", "platform")
		}
		root, _, err := argocd.Find(test.app)
		if test.found != (err == nil) || root == above || err != nil && !errors.Is(err, argocd.ErrNoPlatform) {
			t.Errorf("%s: found %s, %v", name, root, err)
		}
	}
}

// TestFindSeveral: whoever adds a platform below another one does not choose what judges.
func TestFindSeveral(t *testing.T) {
	root := t.TempDir()
	app := filepath.Join(root, "cue", "platform", "prod")
	for _, dir := range []string{filepath.Join(root, ".git"), filepath.Join(app, "cue", "platform")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{app, filepath.Join(app, "cue", "platform")} {
		if found, _, err := argocd.Find(dir); !errors.Is(err, argocd.ErrSeveral) {
			t.Errorf("%s: found %s, %v", dir, found, err)
		}
	}
	if found, _, err := argocd.Find(root); err != nil || found != root {
		t.Errorf("above both: found %s, %v", found, err)
	}
}
