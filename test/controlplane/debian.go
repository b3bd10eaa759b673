package controlplane

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// sciencePackages are what the images of the notebook platform hold, as Debian packages them. papermill
// is not among them: images/papermill plays it over nbclient, which papermill itself stands on.
var sciencePackages = []string{
	"bash", "ca-certificates", "curl", "git", "jupyter-core", "jupyter-nbconvert", "python3", "python3-ipykernel", "python3-jinja2", "python3-nbclient",
	"python3-nbconvert", "python3-pip", "python3-pytest", "python3-pytest-cov", "python3-venv", "python3-wheel", "rclone", "weasyprint",
}

// debian builds the files of those packages once, as an uncompressed layer in the user's cache.
func debian(ctx context.Context) (layer *tarLayer, err error) {
	sum := sha256.Sum256([]byte("bookworm 1 " + strings.Join(sciencePackages, " ")))
	dir, err := cacheDir("tenon-images")
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, hex.EncodeToString(sum[:])[:16]+".tar")
	unlock, err := lock(dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		if err := debootstrap(ctx, file); err != nil {
			return nil, err
		}
	}
	return newTarLayer(file)
}

// debootstrap needs Debian's mirror, as apt-get does; root; and the program of that name.
func debootstrap(ctx context.Context, file string) error {
	root, err := os.MkdirTemp(filepath.Dir(file), "debian-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(root)
	script := `set -eu
debootstrap --variant=minbase bookworm "$ROOT"
cp /etc/resolv.conf "$ROOT/etc/"
[ ! -d /etc/apt/apt.conf.d ] || cp -r /etc/apt/apt.conf.d/. "$ROOT/etc/apt/apt.conf.d/"
printf '#!/bin/sh\nexit 101\n' >"$ROOT/usr/sbin/policy-rc.d"; chmod +x "$ROOT/usr/sbin/policy-rc.d"
chroot "$ROOT" apt-get update -q
DEBIAN_FRONTEND=noninteractive chroot "$ROOT" apt-get install -qy --no-install-recommends $PACKAGES
chroot "$ROOT" apt-get clean
rm -rf "$ROOT"/var/lib/apt/lists/* "$ROOT"/usr/share/doc "$ROOT"/usr/share/man "$ROOT"/usr/share/locale
echo 'runner:x:1001:1001::/home/runner:/bin/bash' >>"$ROOT/etc/passwd"; echo 'runner:x:1001:' >>"$ROOT/etc/group"
mkdir -p "$ROOT/home/runner"; chown 1001:1001 "$ROOT/home/runner"
tar --numeric-owner --sort=name --exclude=./dev/* -C "$ROOT" -cf "$FILE.part" .
mv "$FILE.part" "$FILE"
`
	command := exec.CommandContext(ctx, "sh", "-c", script)
	command.Env = append(os.Environ(), "ROOT="+root, "FILE="+file, "PACKAGES="+strings.Join(sciencePackages, " "))
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("building an image of Debian's packages: %w\n%s", err, out[max(0, len(out)-3000):])
	}
	return nil
}

// tarLayer is a layer that is a file, uncompressed: packing and unpacking gigabytes takes a minute.
type tarLayer struct {
	file   string
	digest v1.Hash
	size   int64
}

func newTarLayer(file string) (*tarLayer, error) {
	noted := file + ".sha256"
	if data, err := os.ReadFile(noted); err == nil {
		info, err := os.Stat(file)
		if err != nil {
			return nil, err
		}
		return &tarLayer{file, v1.Hash{Algorithm: "sha256", Hex: string(data)}, info.Size()}, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	digest, size, err := v1.SHA256(f)
	if err != nil {
		return nil, err
	}
	return &tarLayer{file, digest, size}, os.WriteFile(noted, []byte(digest.Hex), 0o644)
}

// Digest implements v1.Layer.
func (l *tarLayer) Digest() (v1.Hash, error) { return l.digest, nil }

// DiffID implements v1.Layer.
func (l *tarLayer) DiffID() (v1.Hash, error) { return l.digest, nil }

// Compressed implements v1.Layer.
func (l *tarLayer) Compressed() (io.ReadCloser, error) { return os.Open(l.file) }

// Uncompressed implements v1.Layer.
func (l *tarLayer) Uncompressed() (io.ReadCloser, error) { return os.Open(l.file) }

// Size implements v1.Layer.
func (l *tarLayer) Size() (int64, error) { return l.size, nil }

// MediaType implements v1.Layer.
func (l *tarLayer) MediaType() (types.MediaType, error) { return types.OCIUncompressedLayer, nil }
