package confine

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Checkout is the top of the working tree that a folder lies in, and the folder's path in it; both are empty where it
// lies in none.
func Checkout(dir string) (top, prefix string) {
	absolute, err := filepath.Abs(dir)
	if err == nil {
		absolute, err = filepath.EvalSymlinks(absolute)
	}
	if err != nil {
		return "", ""
	}
	for at := absolute; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return at, path.Clean(strings.TrimPrefix(filepath.ToSlash(absolute[len(at):]), "/"))
		} else if !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at) {
			return "", ""
		}
	}
}
