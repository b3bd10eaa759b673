package revision

import (
	"errors"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// rewriting are the attributes by which git writes another text into a checkout than it keeps
// (https://git-scm.com/docs/gitattributes).
var rewriting = []string{"ident", "filter", "working-tree-encoding", "export-subst"}

// folding are those by which forges and git itself do not show what changed, or join two changes without asking
// (https://docs.github.com/en/repositories/working-with-files/managing-files/customizing-how-changed-files-appear-on-github).
var folding = []string{"-diff", "binary", "merge=union", "merge=ours"}

// folds tells whether an attribute is one of these. Those of linguist fold with any value but false
// (https://github.com/github-linguist/linguist/blob/main/lib/linguist/lazy_blob.rb), as does GitLab's
// (https://docs.gitlab.com/user/project/merge_requests/changes/#collapse-generated-files).
func folds(attribute string) bool {
	name, value, _ := strings.Cut(attribute, "=")
	if name == "linguist-generated" || name == "linguist-vendored" || name == "linguist-documentation" || name == "gitlab-generated" {
		return value != "false"
	}
	return slices.Contains(folding, attribute) || name == "diff" && value == "" && strings.Contains(attribute, "=")
}

// rewrites is a line of a .gitattributes that has git rewrite files.
type rewrites struct {
	file string
	// dir is the folder that holds it.
	dir string
	// pattern is empty for a macro, which any line may use, and where what it says is not known.
	pattern string
	// folds: the text stays, and a review does not show it.
	folds bool
}

// rewritten names the .gitattributes of a commit by which a checkout of one of the files would be another
// text, and those by which a review does not show one. root is the tree of the commit, prefix where the platform lies in it.
func rewritten(root *object.Tree, prefix string, files []string) (rewritten, folded []string) {
	var lines []rewrites
	for _, dir := range attributeDirs(prefix, files) {
		lines = append(lines, attributesIn(root, dir)...)
	}
	for _, l := range lines {
		into := &rewritten
		if l.folds {
			into = &folded
		}
		hit := slices.ContainsFunc(files, func(name string) bool {
			return (!l.folds || isWritten(name)) && l.mayMatch(path.Join(prefix, name))
		})
		if hit && !slices.Contains(*into, l.file) {
			*into = append(*into, l.file)
		}
	}
	return rewritten, folded
}

// isWritten tells whether people write a file, and review it: the overlays and copies of modules are made.
func isWritten(name string) bool {
	return strings.HasPrefix(name, "cue/") && !strings.HasPrefix(name, "cue/cue.mod/") && path.Base(name) != "images.lock.cue"
}

// mayMatch tells whether git may take a file for one that the line is about. Where git's patterns are more
// than stars and question marks (classes, escapes, quotes, stars within a name), it may.
func (l rewrites) mayMatch(file string) bool {
	// core.ignoreCase may be set; and git matches bytes, so that a question mark is a part of a letter.
	pattern, name := bytewise(l.pattern), bytewise(file)
	if pattern == "" || strings.ContainsAny(pattern, "[]\\\"{}") {
		return true
	}
	if l.dir != "." {
		below, inside := strings.CutPrefix(name, bytewise(l.dir)+"/")
		if !inside {
			return false
		}
		name = below
	}
	pattern = strings.TrimSuffix(pattern, "/")
	if !strings.Contains(pattern, "/") {
		matches, err := path.Match(pattern, path.Base(name))
		return matches || err != nil
	}
	return segmentsMatch(strings.Split(strings.TrimPrefix(pattern, "/"), "/"), strings.Split(name, "/"))
}

// bytewise has a letter for each byte of a text, and no capitals of ASCII.
func bytewise(text string) string {
	letters := make([]rune, len(text))
	for i := range len(text) {
		letters[i] = rune(text[i])
		if text[i] < 0x80 {
			letters[i] = unicode.ToLower(letters[i])
		}
	}
	return string(letters)
}

// segmentsMatch matches a path by its parts; two stars are any number of them.
func segmentsMatch(pattern, name []string) bool {
	switch {
	case len(pattern) == 0:
		return true // of a folder: git asks for more, so that this is more than it takes
	case pattern[0] == "**":
		for i := range len(name) + 1 {
			if segmentsMatch(pattern[1:], name[i:]) {
				return true
			}
		}
		return false
	case strings.Contains(pattern[0], "**"):
		return true
	case len(name) == 0:
		return false
	}
	matches, err := path.Match(pattern[0], name[0])
	return err != nil || matches && segmentsMatch(pattern[1:], name[1:])
}

// attributeDirs are the folders whose .gitattributes hold for the files: from the root down to each.
func attributeDirs(prefix string, files []string) []string {
	dirs := []string{"."}
	add := func(dir string) {
		var above []string
		for ; dir != "." && dir != "/" && !slices.Contains(dirs, dir); dir = path.Dir(dir) {
			above = append(above, dir)
		}
		dirs = append(dirs, above...)
	}
	add(path.Clean(prefix))
	for _, name := range files {
		add(path.Dir(path.Join(prefix, name)))
	}
	return dirs
}

// attributesIn reads the lines of a folder that rewrite.
func attributesIn(root *object.Tree, dir string) []rewrites {
	name := path.Join(dir, ".gitattributes")
	entry, err := root.FindEntry(name)
	if err != nil || entry.Mode == filemode.Dir {
		return nil
	}
	file, err := root.File(name) // what cannot be read may say anything
	if errors.Is(err, object.ErrFileNotFound) || err != nil || file.Size > maxIgnore {
		return []rewrites{{file: name}} // what it says is not known
	}
	text, err := file.Contents()
	if err != nil {
		return []rewrites{{file: name}}
	}
	var found []rewrites
	for _, line := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") { // git skips the mark, too
		fields := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\r\n", r) }) // as git does
		if len(fields) < 2 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if slices.ContainsFunc(fields[1:], isRewriting) {
			found = append(found, rewrites{file: name, dir: dir, pattern: fields[0]})
		}
		if slices.ContainsFunc(fields[1:], folds) {
			found = append(found, rewrites{file: name, dir: dir, pattern: fields[0], folds: true})
		}
	}
	return found
}

func isRewriting(attribute string) bool {
	name, value, _ := strings.Cut(attribute, "=")
	return slices.Contains(rewriting, name) || name == "eol" && value == "crlf"
}
