package plugs_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestActionOfRelease: the Action takes a released binary whose checksum is right, builds one where there is none, and runs
// none with another checksum.
func TestActionOfRelease(t *testing.T) {
	repo := repository(t)
	base := run(t, repo, "git", "rev-parse", "main")
	binary := filepath.Join(t.TempDir(), "tenon")
	run(t, root(t), "go", "build", "-ldflags=-X tenon.dev/tenon/internal/cli.version=v0.2.0", "-o", binary, "./cmd/tenon")
	archive := archiveOf(t, binary)
	sum := fmt.Sprintf("%x", sha256.Sum256(archive))
	for _, c := range []struct {
		name, version, sum, says string
		release                  []byte
		code                     int
	}{
		{"released", "v0.2.0", sum, "tenon v0.2.0", archive, 0},
		{"none there", "v0.2.0", sum, "tenon is built, since the release cannot be had", nil, 0},
		{"another checksum", "v0.2.0", strings.Repeat("0", 64), "nothing is installed", archive, 4},
		{"cut short", "v0.2.0", sum, "nothing is installed", archive[:len(archive)/2], 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := startGitHub(t)
			g.release = c.release
			r := newRunner(t, g, base, map[string]string{"comment": "false", "version": c.version, "sha256": c.sum})
			out, code := r.run(t, clone(t, repo, "promotion"))
			if code != c.code || !strings.Contains(out, c.says) {
				t.Fatalf("exit %d, want %d and %q\n%s", code, c.code, c.says, out)
			}
			installed := filepath.Join(r.temp, "tenon-bin", "tenon")
			if _, err := os.Stat(installed); (err == nil) != (c.code == 0) {
				t.Errorf("%s: %v", installed, err)
			}
			if c.name == "released" {
				same(t, installed, binary)
			}
		})
	}
}

func same(t *testing.T, a, b string) {
	t.Helper()
	one, err := os.ReadFile(a)
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.ReadFile(b)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one, other) {
		t.Errorf("%s is not %s", a, b)
	}
}

func archiveOf(t *testing.T, binary string) []byte {
	t.Helper()
	data, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	packed, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	files := tar.NewWriter(packed)
	if err := files.WriteHeader(&tar.Header{Name: "tenon", Mode: 0o755, Size: int64(len(data))}); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	if err := packed.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
