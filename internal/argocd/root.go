package argocd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrNoPlatform is returned where an Application's folder belongs to no platform.
var ErrNoPlatform = errors.New("there is no folder cue/platform")

// maxDepth bounds how far above an Application's folder the platform is looked for.
const maxDepth = 16

// Find returns the folder that holds the platform of an Application, which is the Application's own or
// one above it, and the Application's folder below that. The server may have re-rooted the tree
// (argocd.argoproj.io/manifest-generate-paths), so that no path of the repository says where it is.
func Find(dir string) (root, below string, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return "", "", fmt.Errorf("finding the platform: %w", err)
	}
	depth := 0
	for at := dir; ; at = filepath.Dir(at) {
		if info, err := os.Stat(filepath.Join(at, "cue", "platform")); err == nil && info.IsDir() {
			below, err := filepath.Rel(at, dir)
			return at, filepath.ToSlash(below), err
		}
		if depth++; depth > maxDepth || at == filepath.Dir(at) {
			return "", "", fmt.Errorf("%w in the Application's folder or above it; where the Application has the annotation argocd.argoproj.io/manifest-generate-paths, it has to list the folder cue", ErrNoPlatform)
		}
	}
}
