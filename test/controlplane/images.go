package controlplane

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/tls"
	"embed"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"tenon.dev/tenon/test/signedregistry"
)

// registryAddress is where containerd finds all images; the same registry answers with TLS at
// NodeAddress, by the names of all registries.
const registryAddress = "127.0.0.1:5000"

// played are programs that cannot be had as Debian packages or need hardware.
//
//go:embed images/*
var played embed.FS

// Image says what is in an image.
type Image struct {
	// Reference as registry/repository:tag.
	Reference string
	// Base is the set of Debian's packages that it holds: python, buildkit or science; empty for none.
	Base string
	// Shell is a folder with Debian's static busybox under all of its names; empty for none.
	Shell string
	// Files that it holds beside, as paths of this machine by their path in it; they may be executed.
	Files map[string]string
	// Programs that it holds, by their path in it; as names of those that Build builds.
	Programs map[string]string
	// Entrypoint of it.
	Entrypoint []string
	// User that it runs as; default 1001.
	User string
	// Env are variables beside PATH, and Path folders that it has in front of the usual ones.
	Env  []string
	Path string
	// Unsigned leaves it without a signature.
	Unsigned bool
}

// serveImages serves the registry: blobs lie in the user's cache, so that large ones are kept.
func (p *Plane) serveImages() error {
	blobs, err := cacheDir("tenon-images", "blobs")
	if err != nil {
		return err
	}
	if err := p.pki.issue("registry", "registry", "", p.settings.Registries...); err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(p.pki.path("registry.crt"), p.pki.path("registry.key"))
	if err != nil {
		return err
	}
	handler := registry.New(registry.Logger(log.New(io.Discard, "", 0)), registry.WithBlobHandler(registry.NewDiskBlobHandler(blobs)))
	plain, err := net.Listen("tcp", registryAddress)
	if err != nil {
		return err
	}
	go func() { _ = http.Serve(plain, handler) }()
	for _, address := range append([]string{NodeAddress}, p.settings.RegistryAddresses...) {
		secure, err := net.Listen("tcp", address+":443")
		if err != nil {
			return err
		}
		go func() {
			_ = http.Serve(tls.NewListener(secure, &tls.Config{Certificates: []tls.Certificate{pair}}), handler)
		}()
	}
	if p.registry, err = signedregistry.At(registryAddress); err != nil {
		return err
	}
	for _, i := range []Image{
		{Reference: "registry.local/pause:1", Programs: map[string]string{"/pause": "pause"}, Entrypoint: []string{"/pause"}, Unsigned: true},
		{Reference: "registry.local/coredns:1", Programs: map[string]string{"/coredns": "coredns"}, Entrypoint: []string{"/coredns"}, User: "0", Unsigned: true},
	} {
		if _, err := p.Push(context.Background(), i); err != nil {
			return err
		}
	}
	return nil
}

// PublicKey is that which Push signs with.
func (p *Plane) PublicKey() string { return string(p.registry.PublicKey) }

// PrivateKey is the same, as cosign keeps it.
func (p *Plane) PrivateKey() string { return string(p.registry.PrivateKey) }

// BuildKitScript is the script by which images of BuildKit start a daemon for one call.
func (p *Plane) BuildKitScript() string {
	return filepath.Join(p.binaries.buildkit, "examples", "buildctl-daemonless", "buildctl-daemonless.sh")
}

// Push builds an image, stores it, signs it and returns its digest.
func (p *Plane) Push(ctx context.Context, i Image) (string, error) {
	img, err := p.build(ctx, i)
	if err != nil {
		return "", fmt.Errorf("building %s: %w", i.Reference, err)
	}
	_, below, _ := strings.Cut(i.Reference, "/")
	tag, err := name.NewTag(registryAddress + "/" + below)
	if err != nil {
		return "", err
	}
	if err := remote.Write(tag, img); err != nil {
		return "", fmt.Errorf("pushing %s: %w", i.Reference, err)
	}
	digest, err := img.Digest()
	if err != nil {
		return "", err
	}
	if i.Unsigned {
		return digest.String(), nil
	}
	claimed, err := name.NewTag(i.Reference)
	if err != nil {
		return "", err
	}
	return digest.String(), p.registry.Sign(tag.Context().Digest(digest.String()), claimed.Context().Digest(digest.String()))
}

func (p *Plane) build(ctx context.Context, i Image) (v1.Image, error) {
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	files := map[string]file{}
	for at, program := range i.Programs {
		data, err := os.ReadFile(p.binaries.Path(program))
		if err != nil {
			return nil, err
		}
		files[at] = file{data: data, mode: 0o755}
	}
	for at, name := range i.Files {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		files[at] = file{data: data, mode: 0o755}
	}
	if i.Shell != "" {
		if err := shell(files, i.Shell); err != nil {
			return nil, err
		}
	}
	var layers []v1.Layer
	if i.Base != "" {
		base, err := debian(ctx, i.Base)
		if err != nil {
			return nil, err
		}
		layers = append(layers, base)
	}
	if i.Base == "science" {
		if err := p.played(files); err != nil {
			return nil, err
		}
	}
	layer, err := layerOf(files)
	if err != nil {
		return nil, err
	}
	trusted, err := p.trusted()
	if err != nil {
		return nil, err
	}
	if img, err = mutate.AppendLayers(img, append(layers, layer, trusted)...); err != nil {
		return nil, err
	}
	config, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", "amd64"
	config.Config.Entrypoint, config.Config.User = i.Entrypoint, i.User
	if i.User == "" {
		config.Config.User = "1001"
	}
	config.Config.Env = append([]string{"PATH=" + i.Path + "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, i.Env...)
	return mutate.ConfigFile(img, config)
}

// trusted is a layer with the certificates that servers of the test are trusted by. It is one of its own, since the
// test's authority is another each time, and programs are large.
func (p *Plane) trusted() (v1.Layer, error) {
	bundle, err := p.bundle()
	if err != nil {
		return nil, err
	}
	return layerOf(map[string]file{"/etc/ssl/certs/ca-certificates.crt": {data: bundle, mode: 0o644}})
}

// played adds what stands for papermill and nvidia-smi.
func (p *Plane) played(files map[string]file) error {
	entries, err := played.ReadDir("images")
	if err != nil {
		return err
	}
	for _, e := range entries {
		data, err := played.ReadFile("images/" + e.Name())
		if err != nil {
			return err
		}
		files["/usr/local/bin/"+e.Name()] = file{data: data, mode: 0o755}
	}
	return nil
}

// shell adds busybox, which Debian's package busybox-static has in /bin, in a folder.
func shell(files map[string]file, folder string) error {
	data, err := os.ReadFile("/bin/busybox")
	if err != nil {
		return err
	}
	names, err := exec.Command("/bin/busybox", "--list").Output()
	if err != nil {
		return err
	}
	for _, name := range strings.Fields(string(names)) {
		files[folder+"/"+name] = file{link: "busybox"}
	}
	files[folder+"/busybox"] = file{data: data, mode: 0o755}
	return nil
}

// bundle is this machine's trusted certificates and the test's own.
func (p *Plane) bundle() ([]byte, error) {
	own, err := os.ReadFile(p.CA())
	if err != nil {
		return nil, err
	}
	system, err := os.ReadFile("/etc/ssl/certs/ca-certificates.crt")
	return slices.Concat(own, system), err
}

// file of a layer.
type file struct {
	data []byte
	mode int64
	// link leads to another file instead.
	link string
}

// layerOf packs files, with a folder for those that are made while the image runs.
func layerOf(files map[string]file) (v1.Layer, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	folders := map[string]bool{}
	folder := func(path string, mode int64) error {
		if path == "." || folders[path] {
			return nil
		}
		folders[path] = true
		return w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: path + "/", Mode: mode})
	}
	if err := folder("tmp", 0o1777); err != nil {
		return nil, err
	}
	for _, at := range slices.Sorted(maps.Keys(files)) {
		name := strings.TrimPrefix(at, "/")
		for i := range name {
			if name[i] == '/' {
				if err := folder(path.Clean(name[:i]), 0o755); err != nil {
					return nil, err
				}
			}
		}
		f := files[at]
		if f.link != "" {
			if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: f.link, Mode: 0o777}); err != nil {
				return nil, err
			}
			continue
		}
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: f.mode, Size: int64(len(f.data))}); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return static.NewLayer(b.Bytes(), types.OCIUncompressedLayer), nil
}
