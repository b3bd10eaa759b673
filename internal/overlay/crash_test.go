package overlay_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"tenon.dev/tenon/internal/overlay"
)

// tree is a large set of files, all of the same version.
func tree(version string) map[string][]byte {
	files := map[string][]byte{}
	for i := range 400 {
		files[fmt.Sprintf("base/file-%03d.yaml", i)] = bytes.Repeat([]byte(version), 200)
	}
	return files
}

// TestMain lets the test binary be the process that is killed, or that meets a full disk.
func TestMain(m *testing.M) {
	if dir := os.Getenv("TENON_TEST_WRITE"); dir != "" {
		err := overlay.Write(dir, tree(os.Getenv("TENON_TEST_VERSION")))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func writer(dir, version string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "TENON_TEST_WRITE="+dir, "TENON_TEST_VERSION="+version)
	return cmd
}

// TestKill kills a writer at many moments. The overlays are then wholly old or wholly new, and
// the next run puts all in order.
func TestKill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "overlays")
	if err := overlay.Write(dir, tree("old")); err != nil {
		t.Fatal(err)
	}
	killed := 0
	for i := range 40 {
		cmd := writer(dir, "new")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(i) * 2 * time.Millisecond)
		if cmd.Process.Kill() == nil && cmd.Wait() != nil {
			killed++
		}
		whole := false
		for _, version := range []string{"old", "new"} {
			if difference, err := overlay.Compare(dir, tree(version)); err == nil && len(difference) == 0 {
				whole = true
			}
		}
		if !whole {
			t.Fatalf("killed after %d ms: the overlays are mixed", i*2)
		}
		if err := overlay.Write(dir, tree("old")); err != nil {
			t.Fatalf("killed after %d ms: the next run fails: %v", i*2, err)
		}
	}
	if killed < 5 {
		t.Fatalf("only %d of 40 writers were killed in time: the test saw nothing", killed)
	}
}

// TestFullDisk writes to a file system that is too small for both trees. What was there stays.
func TestFullDisk(t *testing.T) {
	disk := t.TempDir()
	script := `mount -t tmpfs -o size=3m,nr_inodes=600 tmpfs "$DISK" && mkdir "$DISK/overlays" &&
TENON_TEST_WRITE="$DISK/overlays" TENON_TEST_VERSION=old "$0" &&
cp -r "$DISK/overlays" "$DISK/../before"
TENON_TEST_WRITE="$DISK/overlays" TENON_TEST_VERSION=new "$0"; echo "exit $?"
diff -r "$DISK/../before" "$DISK/overlays" && echo unchanged
ls -A "$DISK"`
	cmd := exec.Command("unshare", "--mount", "--map-root-user", "sh", "-c", script, os.Args[0])
	cmd.Env = append(os.Environ(), "DISK="+disk)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"no space left on device", "what was there before is unchanged", "exit 3", "unchanged\n", "\noverlays\n"} {
		if !bytes.Contains(out, []byte(want)) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	if bytes.Contains(out, []byte("\noverlays.tenon-new\n")) {
		t.Errorf("half a tree was left:\n%s", out)
	}
}
