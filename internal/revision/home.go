package revision

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/format/index"

	"tenon.dev/tenon/internal/confine"
)

// errPlace is returned where a folder is none of the repository that it seems to be of.
var errPlace = errors.New("opening the platform")

// home is the top of the working tree that a folder lies in, and the folder's path in it as it was given; both are empty
// where it lies in none. What a change brings does not decide which repository, and which part of it, is judged: neither a
// symlink or a submodule on the way to the folder, nor files in it that look like a repository.
func home(dir string) (top, prefix string, err error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return "", "", fmt.Errorf("opening the platform: %w", err)
	}
	if top = above(absolute); top == "" {
		top, prefix = confine.Checkout(dir) // by a symlink from without
	} else {
		prefix = filepath.ToSlash(absolute[len(top):])
	}
	if top == "" {
		return "", "", nil
	}
	prefix = path.Clean("./" + prefix)
	for at := prefix; at != "."; at = path.Dir(at) {
		if info, err := os.Lstat(filepath.Join(top, at)); err == nil && info.Mode()&os.ModeSymlink != 0 {
			return "", "", fmt.Errorf("%w: %s is a symlink: the folder that it leads to is another part of the repository\n  try: name that folder", errPlace, at)
		}
	}
	if prefix != "." && looksBare(filepath.Join(top, prefix)) {
		if !tracks(top, prefix) {
			return "", "", nil // somebody put the repository there, and no commit did
		}
		return "", "", fmt.Errorf("%w: %s holds files of a repository of git, and lies in the working tree of another one\n  try: take HEAD, objects/ and refs/ out of it", errPlace, prefix)
	}
	if isSubmodule(top) {
		return "", "", fmt.Errorf("%w: %s is a submodule: base and head would be looked up in it, not in the repository that has it\n  try: run tenon in a clone of the submodule", errPlace, filepath.Base(top))
	}
	return top, prefix, nil
}

// above is the nearest folder with a .git, from a folder upwards, as its path is written.
func above(absolute string) string {
	for at := absolute; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return at
		}
		if at == filepath.Dir(at) {
			return ""
		}
	}
}

// tracks tells whether a working tree's repository keeps files below a folder; of one that cannot be read it is held to.
func tracks(top, folder string) bool {
	repository, err := git.PlainOpenWithOptions(top, &git.PlainOpenOptions{EnableDotGitCommonDir: true})
	if err != nil {
		return true
	}
	listed, err := repository.Storer.Index()
	return err != nil || slices.ContainsFunc(listed.Entries, func(e *index.Entry) bool { return strings.HasPrefix(e.Name, folder+"/") })
}

// looksBare tells whether a folder is a repository by itself.
func looksBare(dir string) bool {
	repository, err := git.PlainOpen(dir)
	if err != nil {
		return errors.Is(readable(err), errSHA256)
	}
	_, err = repository.Worktree()
	return errors.Is(err, git.ErrIsBareRepository)
}

// ofSubmodule fits what the file .git of a submodule leads to (https://git-scm.com/docs/gitsubmodules); that of another
// working tree leads to worktrees/.
var ofSubmodule = regexp.MustCompile(`^gitdir: .*/modules/`)

// isSubmodule tells whether a working tree is one of a repository that has it as a submodule.
func isSubmodule(top string) bool {
	text, err := confine.ReadNamed(filepath.Join(top, ".git"), 4096)
	return err == nil && ofSubmodule.Match(text) && above(filepath.Dir(top)) != ""
}
