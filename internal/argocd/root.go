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

// unpacked is the folder in which the plugin server unpacks one tree for each call, below a name of chance
// (https://github.com/argoproj/argo-cd/blob/v3.5.2/cmpserver/plugin/plugin.go).
const unpacked = "_cmp_server"

// top tells whether a folder is the root of the repository, or of the part of it that the server handed
// on: what lies above is of others.
func top(dir string) bool {
	if filepath.Base(filepath.Dir(dir)) == unpacked {
		return true
	}
	_, err := os.Lstat(filepath.Join(dir, ".git"))
	return err == nil
}

// Find returns the folder that holds the platform of an Application, which is the Application's own or
// one above it in the same repository, and the Application's folder below that. The server may have re-rooted the tree
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
		if depth++; depth > maxDepth || at == filepath.Dir(at) || top(at) {
			return "", "", fmt.Errorf("%w in the Application's folder or above it; where the Application has the annotation argocd.argoproj.io/manifest-generate-paths, it has to list the folder cue", ErrNoPlatform)
		}
	}
}
