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

// debianSets are what images hold, as Debian packages it, each with all of those before: Python with pip, as the
// bases that platforms build on have it; what BuildKit needs to run without root; and what notebooks and their tests
// need. papermill is not among them: images/papermill plays it over nbclient, which papermill itself stands on.
var debianSets = []struct{ name, packages string }{
	{"python", "bash ca-certificates python3 python3-pip python3-venv python3-wheel"},
	{"buildkit", "runc rootlesskit uidmap slirp4netns fuse-overlayfs libcap2-bin"},
	{"science", "curl git jupyter-core jupyter-nbconvert python3-ipykernel python3-jinja2 python3-nbclient python3-nbconvert python3-pytest python3-pytest-cov rclone weasyprint"},
}

// debian builds the files of these sets once, as uncompressed layers in the user's cache, and returns one.
func debian(ctx context.Context, set string) (layer *tarLayer, err error) {
	sum := sha256.Sum256([]byte("bookworm " + debianScript + fmt.Sprint(debianSets)))
	dir, err := cacheDir("tenon-images", hex.EncodeToString(sum[:])[:16])
	if err != nil {
		return nil, err
	}
	unlock, err := lock(dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if _, err := os.Stat(filepath.Join(dir, debianSets[len(debianSets)-1].name+".tar")); errors.Is(err, os.ErrNotExist) {
		if err := debootstrap(ctx, dir); err != nil {
			return nil, err
		}
	}
	return newTarLayer(filepath.Join(dir, set+".tar"))
}

// debianScript makes the layers. newuidmap and newgidmap have capabilities in place of Debian's setuid bit, as in
// BuildKit's own image: without privileges a container may not use that. Images of Python let pip write into it.
const debianScript = `set -eu
debootstrap --variant=minbase bookworm "$ROOT"
cp /etc/resolv.conf "$ROOT/etc/"
[ ! -d /etc/apt/apt.conf.d ] || cp -r /etc/apt/apt.conf.d/. "$ROOT/etc/apt/apt.conf.d/"
printf '#!/bin/sh\nexit 101\n' >"$ROOT/usr/sbin/policy-rc.d"; chmod +x "$ROOT/usr/sbin/policy-rc.d"
chroot "$ROOT" apt-get update -q
echo 'user:x:1000:1000::/home/user:/bin/sh' >>"$ROOT/etc/passwd"; echo 'user:x:1000:' >>"$ROOT/etc/group"
echo 'runner:x:1001:1001::/home/runner:/bin/bash' >>"$ROOT/etc/passwd"; echo 'runner:x:1001:' >>"$ROOT/etc/group"
mkdir -p "$ROOT/home/runner" "$ROOT/home/user/.local/share/buildkit" "$ROOT/home/user/.local/tmp" "$ROOT/run/user/1000"
chown 1001:1001 "$ROOT/home/runner"; chown -R 1000:1000 "$ROOT/home/user" "$ROOT/run/user/1000"
for id in subuid subgid; do echo user:100000:65536 >"$ROOT/etc/$id"; done
echo "$SETS" | while IFS=: read -r name packages; do
	DEBIAN_FRONTEND=noninteractive chroot "$ROOT" apt-get install -qy --no-install-recommends $packages </dev/null
	chroot "$ROOT" apt-get clean </dev/null
	rm -rf "$ROOT"/usr/share/doc "$ROOT"/usr/share/man "$ROOT"/usr/share/locale "$ROOT"/usr/lib/python3*/EXTERNALLY-MANAGED
	if [ -e "$ROOT/usr/bin/newuidmap" ] && [ -u "$ROOT/usr/bin/newuidmap" ]; then
		chmod 755 "$ROOT"/usr/bin/new?idmap
		chroot "$ROOT" setcap cap_setuid=ep /usr/bin/newuidmap; chroot "$ROOT" setcap cap_setgid=ep /usr/bin/newgidmap
	fi
	tar --numeric-owner --sort=name --xattrs --xattrs-include='security.*' --exclude='./dev/*' --exclude='./var/lib/apt/lists/*' -C "$ROOT" -cf "$DIR/$name.tar.part" .
	mv "$DIR/$name.tar.part" "$DIR/$name.tar"
done
`

// debootstrap needs Debian's mirror, as apt-get does; root; and the program of that name.
func debootstrap(ctx context.Context, dir string) error {
	root, err := os.MkdirTemp(dir, "debian-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(root)
	var sets []string
	for _, s := range debianSets {
		sets = append(sets, s.name+":"+s.packages)
	}
	command := exec.CommandContext(ctx, "sh", "-c", debianScript)
	command.Env = append(os.Environ(), "ROOT="+root, "DIR="+dir, "SETS="+strings.Join(sets, "\n"))
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("building images of Debian's packages: %w\n%s", err, out[max(0, len(out)-3000):])
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
