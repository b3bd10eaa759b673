package revision

import (
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/format/gitattributes"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// rewriting are the attributes by which git writes another text into a checkout than it keeps
// (https://git-scm.com/docs/gitattributes).
var rewriting = []string{"ident", "filter", "working-tree-encoding", "export-subst"}

// rewrites is a line of a .gitattributes that has git rewrite files.
type rewrites struct {
	file string
	// pattern is nil for a macro, which any line may use.
	pattern gitattributes.Pattern
}

// rewritten names the .gitattributes of a commit by which a checkout of one of the files would be another
// text. root is the tree of the commit, prefix where the platform lies in it.
func rewritten(root *object.Tree, prefix string, files []string) []string {
	var lines []rewrites
	for _, dir := range attributeDirs(prefix, files) {
		lines = append(lines, attributesIn(root, dir)...)
	}
	var found []string
	for _, l := range lines {
		hit := l.pattern == nil || slices.ContainsFunc(files, func(name string) bool {
			return l.pattern.Match(strings.Split(path.Join(prefix, name), "/"))
		})
		if hit && !slices.Contains(found, l.file) {
			found = append(found, l.file)
		}
	}
	return found
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
	file, err := root.File(name)
	if errors.Is(err, object.ErrFileNotFound) || err != nil || file.Size > maxIgnore {
		return []rewrites{{file: name}} // what it says is not known
	}
	text, err := file.Contents()
	if err != nil {
		return []rewrites{{file: name}}
	}
	var domain []string
	if dir != "." {
		domain = strings.Split(dir, "/")
	}
	var found []rewrites
	for _, line := range strings.Split(text, "\n") {
		fields := strings.Fields(line)
		if len(fields) < 2 || strings.HasPrefix(fields[0], "#") || !slices.ContainsFunc(fields[1:], isRewriting) {
			continue
		}
		r := rewrites{file: name}
		// A quoted pattern may hold anything: it counts as one that matches.
		if !strings.HasPrefix(fields[0], "[attr]") && !strings.HasPrefix(fields[0], `"`) {
			r.pattern = gitattributes.ParsePattern(fields[0], domain)
		}
		found = append(found, r)
	}
	return found
}

func isRewriting(attribute string) bool {
	name, _, _ := strings.Cut(attribute, "=")
	return slices.Contains(rewriting, name)
}
