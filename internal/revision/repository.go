package revision

import (
	"crypto/sha1" //nolint:gosec // git names its objects by it
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Repository is all of a repository that a revision is of, also what lies outside of the platform's folder.
type Repository interface {
	// Entries are all files, symlinks and submodules by their paths.
	Entries() (map[string]Entry, error)
	// Text is the beginning of what a file holds, or where a symlink leads to; whole says that there is no more of it. It
	// fails where the clone does not have it.
	Text(name string) (text string, whole bool, err error)
}

// Entry is one file, symlink or submodule: two that are equal hold the same.
type Entry struct {
	Mode filemode.FileMode
	Hash plumbing.Hash
}

// maxText is the length up to which a file outside of the platform's folder is read, and maxEntries how many there may be.
const (
	maxText    = 1 << 20
	maxEntries = 500_000
)

// errTooMany is returned for a repository of more files than are listed.
var errTooMany = fmt.Errorf("the repository has more than %d files", maxEntries)

// objects is the repository as a commit has it.
type objects struct {
	repository *git.Repository
	root       *object.Tree
	entries    map[string]Entry
}

func inGit(repository *git.Repository, commit *object.Commit) (*objects, error) {
	root, err := commit.Tree()
	if err != nil {
		return nil, fmt.Errorf("reading the tree of %s: %w", commit.Hash, err)
	}
	return &objects{repository: repository, root: root}, nil
}

func (o *objects) Entries() (map[string]Entry, error) {
	if o.entries != nil {
		return o.entries, nil
	}
	all := map[string]Entry{}
	err := o.list(o.root, ".", 0, all)
	if err == nil {
		o.entries = all
	}
	return all, err
}

// list goes through the trees by itself: the library finds no file of which it takes the name for odd.
func (o *objects) list(tree *object.Tree, dir string, depth int, all map[string]Entry) error {
	if depth > maxFolders {
		return fmt.Errorf("%s: folders lie more than %d deep in each other", dir, maxFolders)
	}
	for _, entry := range tree.Entries {
		name := path.Join(dir, entry.Name)
		if entry.Mode != filemode.Dir {
			if len(all) >= maxEntries {
				return errTooMany
			}
			all[name] = Entry{entry.Mode, entry.Hash}
			continue
		}
		below, err := o.repository.TreeObject(entry.Hash)
		if err != nil {
			return fmt.Errorf("the clone does not have the folder %s: %w", name, err)
		}
		if err := o.list(below, name, depth+1, all); err != nil {
			return err
		}
	}
	return nil
}

func (o *objects) Text(name string) (string, bool, error) {
	all, err := o.Entries()
	if err != nil {
		return "", false, err
	}
	blob, err := o.repository.BlobObject(all[name].Hash)
	if err != nil {
		return "", false, fmt.Errorf("the clone does not have %s, which CI runs: %w\n  try: git fetch --refetch, or a clone without --filter", name, err)
	}
	content, err := blob.Reader()
	if err != nil {
		return "", false, fmt.Errorf("reading %s: %w", name, err)
	}
	defer content.Close()
	return beginning(content)
}

func beginning(from io.Reader) (string, bool, error) {
	text, err := io.ReadAll(io.LimitReader(from, maxText+1))
	if len(text) > maxText {
		return string(text[:maxText]), false, err
	}
	return string(text), err == nil, err
}

// disk is the repository as a working tree has it: what git tracks, as it is there.
type disk struct {
	top     string
	root    *os.Root
	entries map[string]Entry
}

func onDisk(top string) (*disk, error) {
	root, err := os.OpenRoot(top)
	if err != nil {
		return nil, fmt.Errorf("opening the repository: %w", err)
	}
	return &disk{top: top, root: root}, nil
}

func (d *disk) Entries() (map[string]Entry, error) {
	if d.entries != nil {
		return d.entries, nil
	}
	repository, _, err := repositoryOf(d.top)
	if err != nil {
		return nil, err
	}
	index, err := repository.Storer.Index()
	if err != nil {
		return nil, fmt.Errorf("reading git's index: %w", err)
	}
	all := map[string]Entry{}
	for _, e := range index.Entries {
		if len(all) >= maxEntries {
			return nil, errTooMany
		}
		info, err := d.root.Lstat(filepath.FromSlash(e.Name))
		switch {
		case e.SkipWorktree, e.Mode == filemode.Submodule, err == nil && info.Size() == int64(e.Size) && info.ModTime().Equal(e.ModifiedAt):
			all[e.Name] = Entry{e.Mode, e.Hash}
		case errors.Is(err, fs.ErrNotExist):
		default:
			all[e.Name] = Entry{e.Mode, d.hash(e.Name, e.Hash)}
		}
	}
	d.entries = all
	return all, nil
}

// hash is git's hash of a file: the one that it was if nothing but ends of lines are others, as a checkout writes them.
func (d *disk) hash(name string, was plumbing.Hash) plumbing.Hash {
	text, whole, err := d.Text(name)
	if err != nil || !whole {
		return plumbing.Hash{}
	}
	if now := blob(text); now == was || blob(strings.ReplaceAll(text, "\r\n", "\n")) != was {
		return now
	}
	return was
}

func blob(text string) plumbing.Hash {
	return sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(text), text)) //nolint:gosec // git's name of it
}

func (d *disk) Text(name string) (string, bool, error) {
	info, err := d.root.Lstat(filepath.FromSlash(name))
	switch {
	case err != nil:
		return "", false, fmt.Errorf("reading %s: %w", name, err)
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := d.root.Readlink(filepath.FromSlash(name))
		return filepath.ToSlash(target), err == nil, err
	case !info.Mode().IsRegular():
		return "", false, nil // a pipe would be waited for
	}
	file, err := d.root.Open(filepath.FromSlash(name))
	if err != nil {
		return "", false, fmt.Errorf("reading %s: %w", name, err)
	}
	defer file.Close()
	return beginning(file)
}
