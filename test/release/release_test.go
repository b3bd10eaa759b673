// Package release_test looks at what a release is made of.
package release_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"tenon.dev/tenon/internal/cli"
)

const root = "../.."

// packed is an archive with one program.
func packed(t *testing.T, program string) []byte {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	files := tar.NewWriter(zipped)
	if err := files.WriteHeader(&tar.Header{Name: "tenon", Mode: 0o755, Size: int64(len(program))}); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Write([]byte(program)); err != nil {
		t.Fatal(err)
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestInstall has install.sh take releases from servers that have them, lack them, lie and cut short.
func TestInstall(t *testing.T) {
	archive := packed(t, "#!/bin/sh\necho tenon v9.9.9\n")
	name := fmt.Sprintf("tenon_%s_%s.tar.gz", runtime.GOOS, runtime.GOARCH)
	sums := fmt.Sprintf("%x  other.tar.gz\n%x  %s\n", sha256.Sum256(nil), sha256.Sum256(archive), name)
	for _, c := range []struct {
		what, version, sums, known string
		archive                    []byte
		code                       int
		says                       string
	}{
		{"by its version", "v9.9.9", sums, "", archive, 0, "tenon v9.9.9"},
		{"the latest", "latest", sums, "", archive, 0, "tenon v9.9.9"},
		{"by a checksum that is known", "v9.9.9", "", fmt.Sprintf("%x", sha256.Sum256(archive)), archive, 0, "tenon v9.9.9"},
		{"a checksum that is not that of the server", "v9.9.9", sums, strings.Repeat("0", 64), archive, 4, "nothing is installed"},
		{"none there", "v9.9.9", sums, "", nil, 3, "cannot be had"},
		{"no checksums", "v9.9.9", "", "", archive, 3, "cannot be had"},
		{"not among the checksums", "v9.9.9", "0  other.tar.gz\n", "", archive, 4, "wanted is none"},
		{"cut short", "v9.9.9", sums, "", archive[:len(archive)/2], 4, "nothing is installed"},
	} {
		t.Run(c.what, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var text []byte
				switch path.Base(r.URL.Path) {
				case name:
					text = c.archive
				case "checksums.txt":
					text = []byte(c.sums)
				}
				if folder := path.Dir(r.URL.Path); len(text) == 0 || folder != "/releases/download/v9.9.9" && folder != "/releases/latest/download" {
					http.NotFound(w, r)
					return
				}
				_, _ = w.Write(text)
			}))
			defer server.Close()
			folder := filepath.Join(t.TempDir(), "bin")
			cmd := exec.Command("sh", filepath.Join(root, "install.sh"), c.version, folder)
			cmd.Env = append(os.Environ(), "TENON_RELEASES="+server.URL+"/releases", "TENON_SHA256="+c.known)
			out, _ := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(string(out), c.says) {
				t.Errorf("exit %d, want %d and %q\n%s", code, c.code, c.says, out)
			}
			if _, err := os.Stat(filepath.Join(folder, "tenon")); (err == nil) != (c.code == 0) {
				t.Errorf("the program: %v", err)
			}
		})
	}
	cmd := exec.Command("sh", filepath.Join(root, "install.sh"))
	cmd.Env = append(os.Environ(), "TENON_RELEASES=http://releases.example.com")
	if out, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != 2 {
		t.Errorf("without TLS: %s", out)
	}
}

// TestMade: what the configuration of releases names is there.
func TestMade(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, ".goreleaser.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var release struct {
		Builds []struct {
			Main         string
			Goos, Goarch []string
		}
		Archives []struct{ Files []struct{ Src string } }
	}
	if err := yaml.Unmarshal(text, &release); err != nil {
		t.Fatal(err)
	}
	for _, b := range release.Builds {
		if _, err := os.Stat(filepath.Join(root, b.Main, "main.go")); err != nil {
			t.Error(err)
		}
		if len(b.Goos) != 2 || len(b.Goarch) != 2 {
			t.Errorf("builds for %v and %v", b.Goos, b.Goarch)
		}
	}
	for _, f := range release.Archives[0].Files {
		if !strings.HasPrefix(f.Src, "dist-extra/") {
			if _, err := os.Stat(filepath.Join(root, f.Src)); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestPages: each command has a page, with an example.
func TestPages(t *testing.T) {
	folder := t.TempDir()
	out, err := exec.Command("go", "run", "./man", folder).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var visit func(c *cobra.Command)
	visit = func(c *cobra.Command) {
		if c.Hidden || c.Name() == "help" || c.Name() == "completion" {
			return
		}
		page, err := os.ReadFile(filepath.Join(folder, strings.ReplaceAll(c.CommandPath(), " ", "-")+".1"))
		if err != nil || !bytes.Contains(page, []byte(".SH SYNOPSIS")) {
			t.Errorf("%s: %v", c.CommandPath(), err)
		}
		for _, sub := range c.Commands() {
			visit(sub)
		}
	}
	visit(cli.Command())
}
