// Package revision knows where the files of a revision lie: in git's objects, in the working tree, or
// in a folder. It reads git's objects itself, so that no hook, filter or configuration of a repository
// runs anything, and writes nothing.
package revision

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-billy/v5/helper/iofs"
	"github.com/go-git/go-billy/v5/memfs"
	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// Revision is one state of the files.
type Revision struct {
	// Name as it was asked for: a branch, a commit, a folder; empty for the working tree.
	Name string
	// Commit is the full hash; empty where the files are not of a commit.
	Commit string
	// FS holds the files below the platform's folder. Nothing outside is reached through it.
	FS fs.FS
	// Elsewhere are the symlinks and submodules among the files: what they lead to is no part of the
	// revision, so that whoever reads a checkout sees other files.
	Elsewhere []string
	// Rewritten are the .gitattributes by which a checkout of the files is another text than git keeps.
	Rewritten []string
	// Folded are the .gitattributes by which a review does not show what changed in what people write.
	Folded []string
	// Repository holds the files outside of the platform's folder, too; nil where the files are in no repository.
	Repository Repository
	// Prefix is the platform's folder in the repository, "." for all of it.
	Prefix string

	commit *object.Commit
}

// ErrUnknown is returned where a name is neither a folder nor a revision.
var ErrUnknown = errors.New("unknown revision")

// Bounds on what is read of a revision: people write some megabytes.
const (
	maxFile  = 16 << 20
	maxFiles = 50_000
	maxTotal = 256 << 20
)

// WorkingTree is the state of the files in a folder.
func WorkingTree(dir string) (Revision, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return Revision{}, fmt.Errorf("opening the platform: %w", err)
	}
	if !info.IsDir() {
		return Revision{}, fmt.Errorf("%s is not a folder", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Revision{}, fmt.Errorf("opening the platform: %w", err)
	}
	r := Revision{FS: root.FS()}
	top, prefix, err := home(dir)
	if err != nil {
		return Revision{}, err
	}
	if top != "" {
		if r.Repository, err = onDisk(top); err != nil {
			return Revision{}, err
		}
		r.Prefix = prefix
	}
	return r, nil
}

// Open finds a revision by its name: a git revision of the repository that dir lies in, or else a
// folder. Of the revision's tree the files below the same folder and the names given are read. dir may
// lie in a working tree or be a bare repository, of which folder is the part that is meant; the history
// may be shallow.
func Open(dir, folder, name string, only ...string) (Revision, error) {
	repository, prefix, err := repositoryOf(dir)
	if errors.Is(err, errPlace) {
		return Revision{}, err
	}
	if err == nil {
		prefix = path.Join(prefix, folder)
		hash, unresolved := resolve(repository, name)
		if unresolved == nil {
			return read(repository, *hash, prefix, name, only)
		}
		err = unresolved
	}
	if info, statErr := os.Stat(name); statErr == nil && info.IsDir() {
		if repository == nil || isPath(name) {
			r, err := WorkingTree(name)
			r.Name = name
			return r, err
		}
		// A folder of the change must not stand in for a branch that a CI has not fetched.
		err = fmt.Errorf("%w\n  try: ./%s, if the folder of that name is meant", err, name)
	}
	if errors.Is(err, errSHA256) {
		return Revision{}, fmt.Errorf("reading %s: %w", name, err)
	}
	if errors.Is(err, git.ErrRepositoryNotExists) {
		return Revision{}, fmt.Errorf("%w %s: there is no such folder, and %s is in no git repository", ErrUnknown, name, dir)
	}
	return Revision{}, fmt.Errorf("%w %s: %w", ErrUnknown, name, err)
}

// isPath tells whether a name can be no revision but a path.
func isPath(name string) bool {
	return name == "." || name == ".." || filepath.IsAbs(name) || strings.HasPrefix(name, "./") || strings.HasPrefix(name, "../")
}

// IsBare tells whether a folder is a repository without a working tree, and lies in none.
func IsBare(dir string) bool {
	top, _, err := home(dir)
	return err == nil && top == "" && looksBare(dir)
}

// resolve finds the commit of a name. Names of branches and tags come before hashes: who pushes a commit can choose how
// its hash begins.
func resolve(repository *git.Repository, name string) (*plumbing.Hash, error) {
	base := steps.ReplaceAllString(name, "")
	var full *plumbing.Reference
	if !wholeHash.MatchString(base) { // which git takes for the object, whatever is called so
		var err error
		if full, err = referenceOf(repository, base); err != nil {
			return nil, err
		}
	}
	if full != nil && hashForm.MatchString(base) && isCommit(repository, base, full.Hash()) {
		return nil, fmt.Errorf("both %s and a commit are called so\n  try: write the branch as refs/heads/%s, or the whole hash", full.Name(), base)
	}
	var forms []string
	switch {
	case full != nil:
		forms = []string{full.Name().String(), full.Hash().String()} // the parser of names does not know all signs
	case hashForm.MatchString(base), strings.HasPrefix(name, "@"):
		forms = []string{base}
	}
	for _, form := range forms {
		if wholeHash.MatchString(form) && form == name {
			hash := plumbing.NewHash(form) // the parser of names would look for a branch called so
			if _, err := repository.CommitObject(hash); err == nil {
				return &hash, nil
			}
			continue
		}
		if hash, err := repository.ResolveRevision(plumbing.Revision(form + name[len(base):])); err == nil {
			return hash, nil
		}
	}
	shallow, _ := repository.Storer.Shallow()
	if len(shallow) > 0 {
		return nil, fmt.Errorf("the clone is shallow and does not have it\n  try: git fetch --depth=1 origin %s", strings.TrimPrefix(name, "origin/"))
	}
	return nil, fmt.Errorf("the repository has no branch, tag or commit of that name\n  try: git fetch origin")
}

// isCommit tells whether a commit's hash begins so, other than one.
func isCommit(repository *git.Repository, beginning string, other plumbing.Hash) (found bool) {
	commits, err := repository.CommitObjects()
	if err != nil {
		return false
	}
	defer commits.Close()
	_ = commits.ForEach(func(c *object.Commit) error {
		if c.Hash != other && strings.HasPrefix(c.Hash.String(), beginning) {
			found = true
			return storer.ErrStop
		}
		return nil
	})
	return found
}

// steps are what follows a name on the way to another commit, such as ^ or ~2; no name has it in it.
var steps = regexp.MustCompile(`(?:\^|~|:|@\{).*$`)

// wholeHash fits all of one.
var wholeHash = regexp.MustCompile(`^(?:[0-9a-f]{40}|[0-9a-f]{64})$`)

// hashForm fits a hash, or enough of its beginning.
var hashForm = regexp.MustCompile(`^[0-9a-f]{7,64}$`)

// referenceOf is what is called so, under its full name, by the rules of git; branches of origin need no prefix, as a CI's
// clone has no others. Nil where nothing is. A tag of a branch's name would win without a word.
func referenceOf(repository *git.Repository, name string) (*plumbing.Reference, error) {
	var found []*plumbing.Reference
	for _, form := range []string{"%s", "refs/%s", "refs/tags/%s", "refs/heads/%s", "refs/remotes/%s", "refs/remotes/%s/HEAD"} {
		if r, err := repository.Reference(plumbing.ReferenceName(fmt.Sprintf(form, name)), true); err == nil {
			r = plumbing.NewHashReference(plumbing.ReferenceName(fmt.Sprintf(form, name)), r.Hash())
			found = append(found, r)
		}
	}
	for _, other := range found {
		if other.Hash() != found[0].Hash() {
			return nil, fmt.Errorf("both %s and %s are called so\n  try: write the one that is meant in full", found[0].Name(), other.Name())
		}
	}
	if len(found) > 0 {
		return found[0], nil
	}
	origin := plumbing.ReferenceName("refs/remotes/origin/" + name)
	if r, err := repository.Reference(origin, true); err == nil {
		return plumbing.NewHashReference(origin, r.Hash()), nil
	}
	return nil, nil
}

// repositoryOf opens the repository of a folder, with the folder's path in its trees.
func repositoryOf(dir string) (*git.Repository, string, error) {
	top, prefix, err := home(dir)
	if err != nil {
		return nil, "", err
	}
	if top == "" {
		bare, err := git.PlainOpen(dir)
		return bare, ".", readable(err)
	}
	repository, err := git.PlainOpenWithOptions(top, &git.PlainOpenOptions{EnableDotGitCommonDir: true})
	if err != nil {
		return nil, "", readable(err)
	}
	tree, err := repository.Worktree()
	if err != nil {
		return nil, "", err
	}
	repository, err = withAlternates(repository, tree)
	return repository, prefix, err
}

// CheckedOut is the commit that a folder's working tree was checked out from, in short, and when it was made.
func CheckedOut(dir string) (commit string, when time.Time, ok bool) {
	repository, _, err := repositoryOf(dir)
	if err != nil {
		return "", time.Time{}, false
	}
	head, err := repository.Head()
	if err != nil {
		return "", time.Time{}, false
	}
	made, err := repository.CommitObject(head.Hash())
	if err != nil {
		return "", time.Time{}, false
	}
	return head.Hash().String()[:7], made.Committer.When.UTC(), true
}

// errSHA256 is returned for a repository whose objects are named by another hash than most.
var errSHA256 = errors.New("the repository names its objects by SHA-256, which is not read\n  try: check out the base beside it, and give its folder with --base")

func readable(err error) error {
	if err != nil && strings.Contains(strings.ToLower(err.Error()), "objectformat") {
		return errSHA256
	}
	return err
}

// withAlternates also reads the objects that a clone with --shared or --reference left where they were.
func withAlternates(repository *git.Repository, tree *git.Worktree) (*git.Repository, error) {
	storage, ok := repository.Storer.(*filesystem.Storage)
	if !ok {
		return repository, nil
	}
	if _, err := storage.Filesystem().Stat("objects/info/alternates"); err != nil {
		return repository, nil
	}
	whole := filesystem.NewStorageWithOptions(storage.Filesystem(), cache.NewObjectLRUDefault(), filesystem.Options{AlternatesFS: osfs.New("/")})
	return git.Open(whole, tree.Filesystem)
}

func read(repository *git.Repository, hash plumbing.Hash, prefix, name string, only []string) (Revision, error) {
	commit, err := repository.CommitObject(hash)
	if err != nil {
		return Revision{}, fmt.Errorf("%w %s: %w", ErrUnknown, name, err)
	}
	tree, err := commit.Tree()
	if err == nil && prefix != "." {
		tree, err = tree.Tree(prefix)
	}
	if errors.Is(err, object.ErrDirectoryNotFound) {
		r := Revision{Name: name, Commit: hash.String(), FS: iofs.New(memfs.New()), Prefix: prefix, commit: commit}
		r.Repository, err = inGit(repository, commit)
		return r, err
	}
	if err != nil {
		return Revision{}, fmt.Errorf("reading %s: %w", name, err)
	}
	files := memfs.New()
	c := copier{into: files, repository: repository, only: only}
	if err := c.copy(tree, ".", 0); err != nil {
		return Revision{}, fmt.Errorf("reading %s: %w", name, err)
	}
	root, err := commit.Tree()
	if err != nil {
		return Revision{}, fmt.Errorf("reading %s: %w", name, err)
	}
	r := Revision{Name: name, Commit: hash.String(), FS: iofs.New(files), Elsewhere: c.elsewhere, Prefix: prefix, commit: commit}
	r.Repository = &objects{repository: repository, root: root}
	r.Rewritten, r.Folded = rewritten(root, prefix, c.names)
	return r, nil
}

// copier reads files of a tree into memory. Symlinks and submodules are left out and named.
type copier struct {
	into       billy.Filesystem
	repository *git.Repository
	only       []string
	total      int64
	names      []string
	elsewhere  []string
}

// maxFolders bounds how deep folders may lie in each other.
const maxFolders = 64

func (c *copier) copy(tree *object.Tree, dir string, depth int) error {
	if depth > maxFolders {
		return fmt.Errorf("%s: folders lie more than %d deep in each other", dir, maxFolders)
	}
	for _, entry := range tree.Entries {
		name := path.Join(dir, entry.Name)
		switch {
		case entry.Mode == filemode.Dir:
			// What is not asked for is not opened: a few objects may unfold to millions of folders.
			if !within(name, c.only) && !leadsTo(name, c.only) {
				continue
			}
			below, err := c.repository.TreeObject(entry.Hash)
			if err == nil {
				err = c.copy(below, name, depth+1)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		case !within(name, c.only):
		case entry.Mode != filemode.Regular && entry.Mode != filemode.Executable && entry.Mode != filemode.Deprecated:
			c.elsewhere = append(c.elsewhere, name)
		default:
			if err := c.file(tree, entry, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// leadsTo tells whether one of the folders lies below another.
func leadsTo(name string, only []string) bool {
	return slices.ContainsFunc(only, func(folder string) bool { return strings.HasPrefix(path.Clean(folder)+"/", name+"/") })
}

func (c *copier) file(tree *object.Tree, entry object.TreeEntry, name string) error {
	// The size stands in the head of the object: a file may inflate to thousands of times what it takes.
	size, err := c.repository.Storer.EncodedObjectSize(entry.Hash)
	if err != nil && !errors.Is(err, plumbing.ErrObjectNotFound) { // alternates are not asked for sizes
		return fmt.Errorf("%s: %w", name, err)
	}
	c.names = append(c.names, name)
	c.total += size
	if err := c.bounded(name, size); err != nil {
		return err
	}
	file, err := tree.TreeEntryFile(&entry)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	c.total += max(0, file.Size-size)
	if err := c.bounded(name, file.Size); err != nil {
		return err
	}
	text, err := file.Contents()
	if err == nil {
		err = write(c.into, name, text)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (c *copier) bounded(name string, size int64) error {
	switch {
	case size > maxFile:
		return fmt.Errorf("%s is larger than %d MiB", name, maxFile>>20)
	case len(c.names) > maxFiles || c.total > maxTotal:
		return fmt.Errorf("it has more than %d files or %d MiB below %s", maxFiles, maxTotal>>20, strings.Join(c.only, ", "))
	}
	return nil
}

func within(name string, only []string) bool {
	for _, folder := range only {
		if folder == "." || name == folder || strings.HasPrefix(name, path.Clean(folder)+"/") {
			return true
		}
	}
	return len(only) == 0
}

func write(into billy.Filesystem, name, text string) error {
	file, err := into.Create(name)
	if err != nil {
		return err
	}
	if _, err := file.Write([]byte(text)); err != nil {
		return err
	}
	return file.Close()
}

// Contains tells whether all that the other revision has is in this one's history. It is unknown for
// folders, and where the history is cut off before it.
func (r Revision) Contains(other Revision) (contains, known bool) {
	if r.commit == nil || other.commit == nil {
		return false, false
	}
	is, err := other.commit.IsAncestor(r.commit)
	return is, err == nil
}

// String names the revision for people: main (1a2b3c4), or the working tree.
func (r Revision) String() string {
	switch {
	case r.Name == "":
		return "the working tree"
	case r.Commit == "" || len(r.Name) >= len("1a2b3c4") && strings.HasPrefix(r.Commit, r.Name):
		return r.Name
	}
	return fmt.Sprintf("%s (%s)", r.Name, r.Commit[:7])
}
