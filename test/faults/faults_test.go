// Package faults_test ends tenon at any moment, fills its disk, takes its rights away and runs it many
// times at once, and wants that nothing is lost or torn. TENON_E2E=1 makes 20 kills of each kind, and
// TENON_LONG=1 (make faults) 200.
package faults_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tenon.dev/tenon/internal/cli"
	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/test/signedregistry"
)

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "tenon" {
		os.Exit(confine.Run(func(stderr *os.File) int { return cli.Main(os.Args[1:], os.Stdin, os.Stdout, stderr) }))
	}
	os.Exit(m.Run())
}

// kills is how often each command is killed.
func kills() int { return times(12, 20, 200) }

// times is how often something is tried: among the unit tests, among those that take minutes, and with time.
func times(short, minutes, long int) int {
	switch {
	case os.Getenv("TENON_LONG") != "":
		return long
	case os.Getenv("TENON_E2E") != "":
		return minutes
	}
	return short
}

// tenon is a call of the command line in a folder.
func tenon(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = append([]string{"tenon"}, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CACHE_HOME="+filepath.Join(dir, ".cache"))
	return cmd
}

// must runs a call that has to end well.
func must(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := tenon(dir, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("tenon %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// starter is a platform of one environment that is rendered.
func starter(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "p")
	must(t, filepath.Dir(dir), "init", dir, "--name", "notebook-ci")
	must(t, dir, "render")
	return dir
}

// digest covers the names and contents of a folder, or of a file.
func digest(t *testing.T, at string) string {
	t.Helper()
	sum := sha256.New()
	err := filepath.WalkDir(at, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		fmt.Fprintf(sum, "%s %d\n%s", strings.TrimPrefix(name, at), len(data), data)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}

// killed starts a call, kills it after a part of the time that it takes, and tells whether it was in time.
func killed(t *testing.T, takes time.Duration, cmd *exec.Cmd) bool {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Duration(rand.Int64N(int64(takes) * 11 / 10)))
	_ = cmd.Process.Kill()
	return cmd.Wait() != nil
}

// while kills a call many times. After each, what it writes is what it was or what it becomes.
func while(t *testing.T, what string, prepare func(), cmd func() *exec.Cmd, written func() string, old, next string) {
	t.Helper()
	prepare()
	start := time.Now()
	if out, err := cmd().CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", what, err, out)
	}
	takes := time.Since(start)
	inTime := 0
	for i := range kills() {
		prepare()
		if killed(t, takes, cmd()) {
			inTime++
		}
		time.Sleep(20 * time.Millisecond) // the one that worked dies with the one that watched
		if got := written(); got != old && got != next {
			t.Fatalf("%s, kill %d: neither what it was nor what it becomes", what, i)
		}
	}
	if out, err := cmd().CombinedOutput(); err != nil {
		t.Fatalf("%s: the next run fails: %v\n%s", what, err, out)
	}
	if inTime < kills()/4 {
		t.Errorf("%s: %d of %d kills were in time: the test saw little", what, inTime, kills())
	}
	t.Logf("%s: %d kills, %d in time, none torn", what, kills(), inTime)
}

func TestKills(t *testing.T) {
	dir := starter(t)
	overlays := filepath.Join(dir, "overlays")
	platform := filepath.Join(dir, "cue", "platform", "platform.cue")
	text, err := os.ReadFile(platform)
	if err != nil {
		t.Fatal(err)
	}
	edit := func(name string) {
		// Each environment has its own registry name, which is in many objects.
		next := bytes.ReplaceAll(text, []byte("registry.example.com"), []byte(name))
		if err := os.WriteFile(platform, next, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	old := digest(t, overlays)
	edit("other.example.com")
	must(t, dir, "render")
	next := digest(t, overlays)
	if old == next {
		t.Fatal("the edit changes nothing")
	}
	render := func() *exec.Cmd { return tenon(dir, "render") }
	while(t, "render", func() {
		edit("registry.example.com")
		must(t, dir, "render")
		edit("other.example.com")
	}, render, func() string { return digest(t, overlays) }, old, next)
	for _, left := range []string{".tenon-new"} {
		if _, err := os.Stat(overlays + left); err == nil {
			t.Errorf("%s is left", overlays+left)
		}
	}

	// Of the other registry's images nothing is known: a check of it fails.
	edit("registry.example.com")
	must(t, dir, "render")
	report := filepath.Join(dir, "report.json")
	while(t, "a report", func() { _ = os.WriteFile(report, []byte("{}"), 0o600) }, func() *exec.Cmd { return tenon(dir, "check", "-o", "json="+report) }, func() string {
		data, err := os.ReadFile(report)
		if err != nil || !json.Valid(data) {
			return "torn"
		}
		return "whole"
	}, "whole", "whole")
}

func TestKillsOfLockAndCache(t *testing.T) {
	dir := starter(t)
	r, err := signedregistry.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.PushPlatform(dir); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(dir, "cosign.pub")
	if err := os.WriteFile(key, r.PublicKey, 0o600); err != nil {
		t.Fatal(err)
	}
	mirror := "registry.example.com=" + r.Host
	lock := filepath.Join(dir, "cue", "platform", "images.lock.cue")
	must(t, dir, "image", "lock", "--mirror", mirror, "--now", "2026-01-01")
	next := digest(t, lock)
	text, err := os.ReadFile(lock)
	if err != nil {
		t.Fatal(err)
	}
	stale := append([]byte("// older\n"), text...)
	write := func() { _ = os.WriteFile(lock, stale, 0o600) }
	write()
	old := digest(t, lock)
	while(t, "image lock", write, func() *exec.Cmd { return tenon(dir, "image", "lock", "--mirror", mirror, "--now", "2026-01-01") }, func() string { return digest(t, lock) }, old, next)

	verify := []string{"image", "verify", "--key", key, "--mirror", mirror}
	while(t, "the cache", func() {}, func() *exec.Cmd { return tenon(dir, verify...) }, func() string {
		out, err := tenon(dir, verify...).CombinedOutput()
		if err != nil || strings.Contains(string(out), "not verified") || strings.Contains(string(out), "failed") {
			return string(out)
		}
		return "verified"
	}, "verified", "verified")
}

// TestAtOnce runs what writes many times at once.
func TestAtOnce(t *testing.T) {
	dir := starter(t)
	want := digest(t, filepath.Join(dir, "overlays"))
	var group sync.WaitGroup
	outputs := make([]string, 6)
	for i := range outputs {
		group.Go(func() {
			out, err := tenon(dir, "render").CombinedOutput()
			if err != nil {
				outputs[i] = string(out)
			}
		})
	}
	group.Wait()
	if all := strings.Join(outputs, ""); all != "" {
		t.Errorf("of six renders at once some failed: %s", all)
	}
	if digest(t, filepath.Join(dir, "overlays")) != want {
		t.Error("six renders at once wrote something else than one")
	}
}

// TestSignals: a signal ends every command soon, with the code that shells expect, and leaves nothing.
func TestSignals(t *testing.T) {
	dir := starter(t)
	before := digest(t, filepath.Join(dir, "overlays"))
	list := func() string {
		out, err := exec.Command("find", dir, "-name", "*tenon-*").Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		for _, args := range [][]string{{"render"}, {"check"}, {"check", "-"}, {"explain", "prod/phase1", "Namespace/notebook-ci", "kind"}} {
			cmd := tenon(dir, args...)
			stdin, err := cmd.StdinPipe() // so that check - waits
			if err != nil {
				t.Fatal(err)
			}
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			listening(t, cmd.Process.Pid)
			time.Sleep(300 * time.Millisecond)
			_ = cmd.Process.Signal(s)
			start := time.Now()
			_ = cmd.Wait()
			stdin.Close()
			if took := time.Since(start); took > 25*time.Second {
				t.Errorf("%s of %v: ended after %s", s, args, took)
			}
			if code := cmd.ProcessState.ExitCode(); code != 128+int(s) && code != 0 { // 0: it was done before
				t.Errorf("%s of %v: exit code %d, want %d\n%s", s, args, code, 128+int(s), &stderr)
			}
		}
	}
	if left := list(); left != "" {
		t.Errorf("left behind: %s", left)
	}
	if digest(t, filepath.Join(dir, "overlays")) != before {
		t.Error("the overlays are others than before")
	}
}

// listening waits until a process of tenon has started the one that does its work: before that, a signal ends
// it as it ends any program.
func listening(t *testing.T, pid int) {
	t.Helper()
	for range 6000 {
		for _, file := range glob(t, fmt.Sprintf("/proc/%d/task/*/children", pid)) {
			if children, _ := os.ReadFile(file); len(children) > 0 {
				return
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("no process does the work after a minute")
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestPipe: who stops reading gets no trace.
func TestPipe(t *testing.T) {
	dir := starter(t)
	for _, args := range []string{"check -o json", "render --target prod/phase1 -o -", "policy list"} {
		script := fmt.Sprintf(`exec 3>&1; { (exec -a tenon /proc/%d/exe %s; echo "code $?" >&3) 2>&3 | head -c 10 >/dev/null; }`, os.Getpid(), args)
		cmd := exec.Command("bash", "-c", script)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil || strings.Contains(string(out), "goroutine") || strings.Contains(string(out), "code 2") {
			t.Errorf("%s: %v\n%s", args, err, out)
		}
	}
}

// TestDisk: on a disk that is full or cannot be written what was there stays, and the reason is said.
func TestDisk(t *testing.T) {
	dir := starter(t)
	script := `set -u
mount -t tmpfs -o size=8m tmpfs "$DISK" && cp -r "$FROM"/cue "$FROM"/overlays "$DISK"/ && cd "$DISK"
cp cue/platform/images.lock.cue overlays/kustomization.before 2>/dev/null; rm -f overlays/kustomization.before
dd if=/dev/zero of=fill bs=1k 2>/dev/null
sed -i 's/registry.example.com/other.example.com/' cue/platform/platform.cue 2>/dev/null
cp -r overlays /tmp/before.$$ 
"$TENON" render; echo "render $?"
"$TENON" check -o json=report.json; echo "check $?"
test -e report.json && echo "half a report"
diff -r overlays /tmp/before.$$ >/dev/null && echo "unchanged"
rm -rf /tmp/before.$$ fill
mount -o remount,ro "$DISK"
"$TENON" render; echo "render $?"
"$TENON" check -o json=report.json; echo "check $?"
find . -name "*tenon-*" | sed "s/^/left: /"
`
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "tenon")
	if err := os.Symlink(self, link); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("unshare", "--mount", "--map-root-user", "bash", "-c", script)
	cmd.Env = append(os.Environ(), "DISK="+t.TempDir(), "FROM="+dir, "TENON="+link, "HOME="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text := string(out)
	for _, want := range []string{"no space left on device", "unchanged\n", "read-only file system"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	for _, never := range []string{"half a report", "goroutine", "left: ", "render 0\nrender 0"} {
		if strings.Contains(text, never) {
			t.Errorf("%q in:\n%s", never, text)
		}
	}
}

// TestRepositories: repositories of other forms are read, or the reason is said.
func TestRepositories(t *testing.T) {
	dir := starter(t)
	git := func(at string, args ...string) {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = at
		cmd.Env = append(os.Environ(), "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	history := func(at string, format string) {
		git(at, "init", "-q", "-b", "main", "--object-format="+format)
		git(at, "add", "-A")
		git(at, "commit", "-q", "-m", "a")
		git(at, "commit", "-q", "--allow-empty", "-m", "b")
	}
	sha256 := filepath.Join(t.TempDir(), "sha256")
	if err := os.CopyFS(sha256, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	history(dir, "sha1")
	history(sha256, "sha256")
	shared, shallow, packed := filepath.Join(t.TempDir(), "shared"), filepath.Join(t.TempDir(), "shallow"), filepath.Join(t.TempDir(), "packed")
	git(dir, "clone", "-q", "--shared", dir, shared)
	git(dir, "clone", "-q", "--depth", "2", "file://"+dir, shallow)
	git(dir, "clone", "-q", dir, packed)
	git(packed, "gc", "-q", "--aggressive")
	worktree := filepath.Join(t.TempDir(), "worktree")
	git(dir, "worktree", "add", "-q", "--detach", worktree)
	for name, at := range map[string]string{"plain": dir, "--shared": shared, "shallow": shallow, "packed": packed, "a worktree": worktree} {
		out, err := tenon(at, "gate", "--base", "HEAD~1", "--head", "HEAD").CombinedOutput()
		if err != nil || !strings.Contains(string(out), "passed") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	out, _ := tenon(sha256, "gate", "--base", "HEAD~1", "--head", "HEAD").CombinedOutput()
	if text := string(out); !strings.Contains(text, "passed") && !strings.Contains(text, "SHA-256") {
		t.Errorf("sha256: the reason is not said:\n%s", text)
	}
}
