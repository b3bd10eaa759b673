package revision_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"tenon.dev/tenon/internal/revision"
)

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=tenon", "-c", "user.email=tenon@example.com"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_ALLOW_PROTOCOL=file")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// repository has two commits of a platform in a subfolder, with the tag v1 on the first.
func repository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	git(t, dir, "init", "-q", "-b", "main")
	write(t, dir, "ci/cue/platform.cue", "one")
	write(t, dir, "ci/secret.txt", "not asked for")
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "-m", "one")
	git(t, dir, "tag", "-a", "v1", "-m", "v1")
	write(t, dir, "ci/cue/platform.cue", "two")
	git(t, dir, "commit", "-q", "-a", "-m", "two")
	return dir
}

func open(t *testing.T, dir, name string) revision.Revision {
	t.Helper()
	r, err := revision.Open(dir, "", name, "cue")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func text(t *testing.T, r revision.Revision) string {
	t.Helper()
	data, err := fs.ReadFile(r.FS, "cue/platform.cue")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestNames(t *testing.T) {
	dir := repository(t)
	write(t, dir, "ci/cue/platform.cue", "not committed")
	ci := filepath.Join(dir, "ci")
	for name, want := range map[string]string{"main": "two", "v1": "one", "HEAD~1": "one", "HEAD": "two", git(t, dir, "rev-parse", "HEAD~1")[:10]: "one"} {
		if got := text(t, open(t, ci, name)); got != want {
			t.Errorf("%s holds %q, want %q", name, got, want)
		}
	}
	if _, err := fs.Stat(open(t, ci, "main").FS, "secret.txt"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that was not asked for is read: %v", err)
	}
	if contains, known := open(t, ci, "main").Contains(open(t, ci, "v1")); !contains || !known {
		t.Error("main does not contain v1")
	}
	if contains, known := open(t, ci, "v1").Contains(open(t, ci, "main")); contains || !known {
		t.Error("v1 contains main")
	}
	tree, err := revision.WorkingTree(ci)
	if err != nil || text(t, tree) != "not committed" {
		t.Errorf("the working tree: %v", err)
	}
	if status := git(t, dir, "status", "--porcelain"); status != "M ci/cue/platform.cue" {
		t.Errorf("reading changed the working tree or the index: %q", status)
	}
}

func TestClones(t *testing.T) {
	dir := repository(t)
	bare, shallow, linked := filepath.Join(t.TempDir(), "bare.git"), filepath.Join(t.TempDir(), "shallow"), filepath.Join(t.TempDir(), "linked")
	git(t, dir, "clone", "-q", "--bare", dir, bare)
	git(t, dir, "clone", "-q", "--depth=1", "file://"+dir, shallow)
	git(t, dir, "worktree", "add", "-q", linked, "v1")
	git(t, dir, "branch", "feature")
	full := filepath.Join(t.TempDir(), "full")
	git(t, dir, "clone", "-q", dir, full)

	r, err := revision.Open(bare, "ci", "v1", "cue")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fs.Stat(r.FS, "cue/platform.cue"); err != nil {
		t.Errorf("bare: %v", err)
	}
	if !revision.IsBare(bare) || revision.IsBare(dir) || revision.IsBare(t.TempDir()) {
		t.Error("bare is not told from other folders")
	}
	if got := text(t, open(t, filepath.Join(shallow, "ci"), "HEAD")); got != "two" {
		t.Errorf("shallow: %q", got)
	}
	if _, err := revision.Open(shallow, "", "HEAD~1"); !errors.Is(err, revision.ErrUnknown) || !strings.Contains(err.Error(), "git fetch --depth=1 origin") {
		t.Errorf("what a shallow clone lacks: %v", err)
	}
	if got := text(t, open(t, filepath.Join(linked, "ci"), "HEAD")); got != "one" {
		t.Errorf("worktree: %q", got)
	}
	// A CI's clone knows branches of origin alone.
	if got := text(t, open(t, filepath.Join(full, "ci"), "feature")); got != "two" {
		t.Errorf("branch of origin: %q", got)
	}
}

func TestUnknown(t *testing.T) {
	dir := repository(t)
	for _, in := range []string{dir, t.TempDir()} {
		if _, err := revision.Open(in, "", "nope"); !errors.Is(err, revision.ErrUnknown) {
			t.Errorf("got %v", err)
		}
	}
	folder := t.TempDir()
	write(t, folder, "cue/platform.cue", "a folder")
	if got := text(t, open(t, dir, folder)); got != "a folder" {
		t.Errorf("folder: %q", got)
	}
}

// What leads out of a revision is no part of it, and what is too large is refused by name.
func TestHostileTrees(t *testing.T) {
	dir := repository(t)
	outside := filepath.Join(t.TempDir(), "outside.cue")
	write(t, filepath.Dir(outside), "outside.cue", "a secret of this machine")
	if err := os.Symlink(outside, filepath.Join(dir, "ci/cue/link.cue")); err != nil {
		t.Fatal(err)
	}
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "-m", "a link")
	if _, err := fs.Stat(open(t, filepath.Join(dir, "ci"), "HEAD").FS, "cue/link.cue"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a symlink is read: %v", err)
	}
	tree, err := revision.WorkingTree(filepath.Join(dir, "ci"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fs.ReadFile(tree.FS, "cue/link.cue"); err == nil {
		t.Error("a symlink of the working tree leads out of it")
	}
	write(t, dir, "ci/cue/large.cue", strings.Repeat("x", 17<<20))
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "-m", "large")
	if _, err := revision.Open(filepath.Join(dir, "ci"), "", "HEAD", "cue"); err == nil || !strings.Contains(err.Error(), "cue/large.cue is larger than 16 MiB") {
		t.Errorf("a file of 17 MiB: %v", err)
	}
}

// Patterns are read as git reads them, to the letter: a mark of the byte order before the first, either end of line.
func TestIgnoredAsGitDoes(t *testing.T) {
	for _, patterns := range []string{"*.cue\n", "\xef\xbb\xbf*.cue\n", "*.cue\r\n", "# all\r\n\r\n*.cue  \r\n", "*.cu\re\n", "!*.cue\n"} {
		dir := repository(t)
		write(t, dir, ".gitignore", patterns)
		write(t, dir, "ci/cue/hidden.cue", "here alone")
		want := git(t, dir, "ls-files", "--others", "--ignored", "--exclude-standard", "ci/cue")
		got, err := revision.Ignored(filepath.Join(dir, "ci"), "cue")
		if err != nil {
			t.Fatal(err)
		}
		if have := strings.Join(got, "\n"); strings.TrimPrefix(want, "ci/") != have {
			t.Errorf("%q: git ignores %q, tenon says %q", patterns, want, have)
		}
	}
}

// TestNamesOfOthers: what a change brings, folders, hashes that begin as it pleases, tags, stands in for no branch.
func TestNamesOfOthers(t *testing.T) {
	dir := repository(t)
	first, second := git(t, dir, "rev-parse", "main~1"), git(t, dir, "rev-parse", "main")
	unknown := func(name, says string) {
		t.Helper()
		t.Chdir(dir)
		if r, err := revision.Open(dir, "ci", name, "cue"); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: opened as %s, %v", name, r, err)
		}
	}
	write(t, dir, "origin/next/cue/platform.cue", "three")
	write(t, dir, "next/cue/platform.cue", "three")
	unknown("origin/next", "./origin/next, if the folder of that name is meant")
	unknown("next", "./next")
	if r, err := revision.Open(dir, "ci", "./next", "cue"); err != nil || text(t, r) != "three" {
		t.Errorf("a folder that is named as one: %v", err)
	}
	// A branch is called as the hash of another commit begins.
	git(t, dir, "branch", second[:4], first)
	git(t, dir, "branch", second[:8], first)
	git(t, dir, "update-ref", "refs/remotes/origin/"+second[:5], first)
	for _, name := range []string{second[:4], second[:5], second[:4] + "~0"} {
		r, err := revision.Open(dir, "ci", name, "cue")
		if err != nil || r.Commit != first {
			t.Errorf("%s is commit %s, %v", name, r.Commit, err)
		}
		if !strings.Contains(r.String(), "("+first[:7]+")") {
			t.Errorf("%s is shown as %s", name, r)
		}
	}
	// What is long enough to be taken for a hash is both.
	unknown(second[:8], "both refs/heads/"+second[:8]+" and a commit are called so")
	unknown(second[:6], "no branch, tag or commit")
	if r, err := revision.Open(dir, "ci", second[:12], "cue"); err != nil || r.Commit != second {
		t.Errorf("a hash: %s, %v", r.Commit, err)
	}
	git(t, dir, "branch", "feature@x", first)
	if r, err := revision.Open(dir, "ci", "feature@x^{}", "cue"); err != nil || r.Commit != first {
		t.Errorf("a branch with an at sign: %s, %v", r.Commit, err)
	}
	// A tag is called like a branch.
	git(t, dir, "tag", "main", "main~1")
	unknown("main", "both refs/tags/main and refs/heads/main")
	if r, err := revision.Open(dir, "ci", "refs/heads/main", "cue"); err != nil || r.Commit != second {
		t.Errorf("a branch in full: %s, %v", r.Commit, err)
	}
	git(t, dir, "update-ref", "refs/remotes/origin/dev", second)
	git(t, dir, "tag", "origin/dev", first)
	unknown("origin/dev", "both refs/tags/origin/dev and refs/remotes/origin/dev")
}

// TestRepository: what lies outside of the platform's folder is listed under whatever name, in git and on disk alike, and
// what a clone does not have is an error.
func TestRepository(t *testing.T) {
	dir := repository(t)
	for _, name := range []string{"plain", "a\tb.yml", "git~1x", ".g\u200cit/x", `a\..\b`, "run.sh"} {
		write(t, dir, name, name+"\n")
	}
	if err := errors.Join(os.Chmod(filepath.Join(dir, "run.sh"), 0o755), os.Symlink("plain", filepath.Join(dir, "link"))); err != nil {
		t.Fatal(err)
	}
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-qm", "names")
	committed := open(t, dir, "HEAD")
	working, err := revision.WorkingTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	inGit, err := committed.Repository.Entries()
	onDisk, diskErr := working.Repository.Entries()
	if err != nil || diskErr != nil || !reflect.DeepEqual(inGit, onDisk) || len(inGit) < 7 {
		t.Errorf("%v %v\n%v\n%v", err, diskErr, inGit, onDisk)
	}
	for name, want := range map[string]string{"a\tb.yml": "a\tb.yml\n", ".g\u200cit/x": ".g\u200cit/x\n", "link": "plain"} {
		for _, r := range []revision.Revision{committed, working} {
			if text, whole, err := r.Repository.Text(name); text != want || !whole || err != nil {
				t.Errorf("%q holds %q, %v, %v", name, text, whole, err)
			}
		}
	}
	// Other ends of lines are what a checkout makes; another text is another file.
	write(t, dir, "plain", "plain\r\n")
	write(t, dir, "run.sh", "else\n")
	if working, err = revision.WorkingTree(dir); err != nil {
		t.Fatal(err)
	}
	if onDisk, err = working.Repository.Entries(); err != nil || onDisk["plain"] != inGit["plain"] || onDisk["run.sh"] == inGit["run.sh"] {
		t.Error(err, onDisk["plain"], inGit["plain"], onDisk["run.sh"])
	}
	hash := inGit["run.sh"].Hash.String()
	if err := os.Remove(filepath.Join(dir, ".git", "objects", hash[:2], hash[2:])); err != nil {
		t.Fatal(err)
	}
	if _, _, err := open(t, dir, "HEAD").Repository.Text("run.sh"); err == nil || !strings.Contains(err.Error(), "the clone does not have run.sh") {
		t.Error(err)
	}
}
