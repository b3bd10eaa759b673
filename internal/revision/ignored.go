package revision

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/format/gitignore"

	"tenon.dev/tenon/internal/confine"
)

// maxIgnore bounds a file of patterns.
const maxIgnore = 1 << 20

// Ignored names the files of a folder below dir that git ignores and does not track: they are there for
// whoever works in the tree, and in no commit. Where dir is in no repository there are none.
func Ignored(dir, folder string) ([]string, error) {
	root, prefix, err := home(dir)
	if root == "" || err != nil {
		return nil, err
	}
	repository, _, err := repositoryOf(root)
	if err != nil {
		return nil, ignoreNoRepository(err)
	}
	index, err := repository.Storer.Index()
	if err != nil {
		return nil, fmt.Errorf("reading the index of git: %w", err)
	}
	tracked := map[string]bool{}
	for _, entry := range index.Entries {
		tracked[entry.Name] = true
	}
	patterns := patternsAbove(root, path.Join(prefix, folder))
	var ignored []string
	at := filepath.Join(dir, folder)
	err = filepath.WalkDir(at, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(at, name)
		if err != nil {
			return err
		}
		inTree := path.Join(prefix, folder, filepath.ToSlash(relative))
		if entry.IsDir() {
			patterns = append(patterns, patternsIn(root, inTree)...)
			return nil
		}
		parts := strings.Split(inTree, "/")
		if !tracked[inTree] && gitignore.NewMatcher(patterns).Match(parts, false) {
			ignored = append(ignored, path.Join(folder, filepath.ToSlash(relative)))
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return ignored, err
}

func ignoreNoRepository(err error) error {
	if errors.Is(err, git.ErrRepositoryNotExists) || errors.Is(err, git.ErrIsBareRepository) || errors.Is(readable(err), errSHA256) {
		return nil
	}
	return fmt.Errorf("opening the repository: %w", err)
}

// patternsAbove are those of the folders above a folder, and of the repository's own list.
func patternsAbove(root, folder string) []gitignore.Pattern {
	patterns := patternsOf(filepath.Join(root, ".git", "info", "exclude"), nil)
	elements := strings.Split(path.Clean(folder), "/")
	for i := range elements {
		if inTree := path.Join(elements[:i]...); inTree == "" || inTree != path.Clean(folder) {
			patterns = append(patterns, patternsIn(root, inTree)...)
		}
	}
	return patterns
}

// patternsIn are those of one folder.
func patternsIn(root, inTree string) []gitignore.Pattern {
	var domain []string
	if clean := path.Clean(inTree); clean != "." {
		domain = strings.Split(clean, "/")
	}
	return patternsOf(filepath.Join(root, filepath.FromSlash(inTree), ".gitignore"), domain)
}

func patternsOf(file string, domain []string) []gitignore.Pattern {
	data, err := confine.ReadNamed(file, maxIgnore)
	if err != nil {
		return nil
	}
	var patterns []gitignore.Pattern
	// As git reads it (add_patterns_from_buffer in dir.c): without a mark of the byte order, and a
	// carriage return is part of the end of a line alone.
	for _, line := range strings.Split(string(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if line != "" && !strings.HasPrefix(line, "#") {
			patterns = append(patterns, gitignore.ParsePattern(line, slices.Clone(domain)))
		}
	}
	return patterns
}
