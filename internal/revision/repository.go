package revision

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Repository reads files of a whole repository, as they are asked for. Nothing is followed out of it.
type Repository interface {
	// Text is what a file holds: of a symlink where it leads to, of one above a mebibyte its digest. It is false where
	// there is no such file.
	Text(name string) (string, bool)
	// Names are what a folder holds, those of folders with a slash behind them. A folder that is not there holds nothing.
	Names(folder string) []string
}

// maxText is the length up to which a file outside of the platform's folder is read.
const maxText = 1 << 20

// link is the text that stands for a symlink.
func link(target string) string { return "symlink to " + target }

// bounded reads a text, or its digest where it is long.
func bounded(from io.Reader) (string, bool) {
	text, err := io.ReadAll(io.LimitReader(from, maxText+1))
	if err != nil {
		return "", false
	}
	if len(text) <= maxText {
		return string(text), true
	}
	sum := sha256.New()
	_, _ = sum.Write(text)
	if _, err := io.Copy(sum, io.LimitReader(from, maxFile)); err != nil {
		return "", false
	}
	return fmt.Sprintf("sha256:%x", sum.Sum(nil)), true
}

// objects is the repository as a commit has it.
type objects struct {
	repository *git.Repository
	root       *object.Tree
}

func inGit(repository *git.Repository, commit *object.Commit) (*objects, error) {
	root, err := commit.Tree()
	if err != nil {
		return nil, fmt.Errorf("reading the tree of %s: %w", commit.Hash, err)
	}
	return &objects{repository, root}, nil
}

func (o *objects) Text(name string) (string, bool) {
	entry, err := o.root.FindEntry(name)
	if err != nil || !entry.Mode.IsFile() {
		return "", false
	}
	blob, err := o.repository.BlobObject(entry.Hash)
	if err != nil {
		return "", false
	}
	content, err := blob.Reader()
	if err != nil {
		return "", false
	}
	defer content.Close()
	text, ok := bounded(content)
	if entry.Mode == filemode.Symlink {
		text = link(text)
	}
	return text, ok
}

func (o *objects) Names(folder string) []string {
	tree := o.root
	if folder != "." {
		var err error
		if tree, err = o.root.Tree(folder); err != nil {
			return nil
		}
	}
	var all []string
	for _, entry := range tree.Entries {
		if entry.Mode == filemode.Dir {
			entry.Name += "/"
		}
		all = append(all, entry.Name)
	}
	return all
}

// disk is the repository as a working tree has it.
type disk struct{ root *os.Root }

func onDisk(top string) (disk, error) {
	root, err := os.OpenRoot(top)
	if err != nil {
		return disk{}, fmt.Errorf("opening the repository: %w", err)
	}
	return disk{root}, nil
}

func (d disk) Text(name string) (string, bool) {
	info, err := d.root.Lstat(filepath.FromSlash(name))
	switch {
	case err != nil:
		return "", false
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := d.root.Readlink(filepath.FromSlash(name))
		return link(target), err == nil
	case !info.Mode().IsRegular():
		return "", false // a pipe would be waited for
	}
	file, err := d.root.Open(filepath.FromSlash(name))
	if err != nil {
		return "", false
	}
	defer file.Close()
	return bounded(file)
}

func (d disk) Names(folder string) []string {
	entries, err := fs.ReadDir(d.root.FS(), folder)
	if err != nil {
		return nil
	}
	var all []string
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() {
			name += "/"
		}
		all = append(all, name)
	}
	return all
}

// checkoutOf is the top of the working tree that a folder lies in, and the folder's path in it; both are empty where it
// lies in none.
func checkoutOf(dir string) (top, prefix string) {
	absolute, err := filepath.Abs(dir)
	if err == nil {
		absolute, err = filepath.EvalSymlinks(absolute)
	}
	if err != nil {
		return "", ""
	}
	for at := absolute; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, git.GitDirName)); err == nil {
			return at, path.Clean(strings.TrimPrefix(filepath.ToSlash(absolute[len(at):]), "/"))
		} else if !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at) {
			return "", ""
		}
	}
}
