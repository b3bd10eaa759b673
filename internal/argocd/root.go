package argocd

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
)

// ErrNoPlatform is returned where an Application's folder belongs to no platform.
var ErrNoPlatform = errors.New("there is no folder cue/platform")

// ErrSeveral is returned where an Application's folder belongs to more than one platform: what judges the one is not what
// judges the other, and whoever may add a folder would choose.
var ErrSeveral = errors.New("there is more than one folder cue/platform")

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
// (argocd.argoproj.io/manifest-generate-paths), so that no path of the repository says where it is. Of several platforms
// it takes none.
func Find(dir string) (root, below string, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return "", "", fmt.Errorf("finding the platform: %w", err)
	}
	var found []string
	for at, depth := dir, 0; depth <= maxDepth; at, depth = filepath.Dir(at), depth+1 {
		if info, err := os.Stat(filepath.Join(at, "cue", "platform")); err == nil && info.IsDir() {
			found = append(found, at)
		}
		if at == filepath.Dir(at) || top(at) {
			break
		}
	}
	switch len(found) {
	case 0:
		return "", "", fmt.Errorf("%w in the Application's folder or above it; where the Application has the annotation argocd.argoproj.io/manifest-generate-paths, it has to list the folder cue", ErrNoPlatform)
	case 1:
		below, err = filepath.Rel(found[0], dir)
		return found[0], filepath.ToSlash(below), err
	}
	nested, err := filepath.Rel(found[len(found)-1], found[0])
	if err != nil {
		return "", "", fmt.Errorf("finding the platform: %w", err)
	}
	return "", "", fmt.Errorf("%w above the Application's folder: take %s away, or give the Application a folder of one platform alone", ErrSeveral, path.Join(filepath.ToSlash(nested), "cue/platform"))
}
