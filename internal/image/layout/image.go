package layout

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/finding"
)

// maxDepth of indices in indices: an index of platforms in the layout's own.
const maxDepth = 3

// Image is an image of a layout with its layers, which are read from the folder as they are asked for and
// compared with their digests. Tag picks one of several images. The digest is that which the layout's
// index names: an index of platforms, or the image itself.
func Image(dir, tag string, wanted v1.Platform) (v1.Image, v1.Hash, error) {
	text, err := regular(dir, "index.json")
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w in %s", ErrNoLayout, dir)
	}
	var index v1.IndexManifest
	if err == nil {
		err = json.Unmarshal(text, &index)
	}
	if err != nil {
		return nil, v1.Hash{}, err
	}
	d, err := one(index.Manifests, tag)
	if err != nil {
		return nil, v1.Hash{}, err
	}
	img, err := imageOf(dir, d, wanted, maxDepth)
	return img, d.Digest, err
}

// one is the image that the layout has, or that of the tag.
func one(all []v1.Descriptor, tag string) (v1.Descriptor, error) {
	var names []string
	var found []v1.Descriptor
	for _, d := range all {
		name := d.Annotations[refName]
		names = append(names, name)
		if tag == "" || name == tag || d.Digest.String() == tag || strings.HasSuffix(name, ":"+tag) {
			found = append(found, d)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	slices.Sort(names)
	names = slices.DeleteFunc(slices.Compact(names), func(name string) bool { return name == "" })
	return v1.Descriptor{}, fmt.Errorf("it has %d images: name the tag of one of them: %s", len(all), few(names))
}

func imageOf(dir string, d v1.Descriptor, wanted v1.Platform, depth int) (v1.Image, error) {
	text, err := blobOf(dir, d.Digest)
	if err != nil {
		return nil, err
	}
	if !d.MediaType.IsIndex() {
		return partial.CompressedToImage(local{dir, text, d})
	}
	var index v1.IndexManifest
	if err := json.Unmarshal(text, &index); err != nil {
		return nil, err
	}
	if depth == 0 {
		return nil, errors.New("its indices have no end")
	}
	chosen, err := pick(index.Manifests, wanted)
	if err != nil {
		return nil, err
	}
	return imageOf(dir, chosen, wanted, depth-1)
}

// Pick is the image of an index for a platform.
func Pick(index v1.ImageIndex, wanted v1.Platform) (v1.Image, error) {
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	d, err := pick(manifest.Manifests, wanted)
	if err != nil {
		return nil, err
	}
	return index.Image(d.Digest)
}

func pick(all []v1.Descriptor, wanted v1.Platform) (v1.Descriptor, error) {
	var has []string
	for _, d := range all {
		if d.Platform == nil || d.Platform.OS == "unknown" {
			continue
		}
		if d.Platform.Satisfies(wanted) {
			return d, nil
		}
		has = append(has, d.Platform.String())
	}
	if len(all) == 1 && all[0].Platform == nil {
		return all[0], nil
	}
	return v1.Descriptor{}, fmt.Errorf("it is not for %s: it has %s", wanted.String(), few(has))
}

// few names the first of many.
func few(names []string) string {
	return finding.Few(names, 5)
}

// blobOf reads a manifest or config whole, and compares it with its digest.
func blobOf(dir string, digest v1.Hash) ([]byte, error) {
	if !digestPattern.MatchString(digest.String()) {
		return nil, fmt.Errorf("the digest %q is none", digest)
	}
	text, err := regular(dir, path.Join("blobs", "sha256", digest.Hex))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, absent(digest)
	}
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != digest.Hex {
		return nil, fmt.Errorf("%s does not have its digest", digest)
	}
	return text, nil
}

// absent says why a blob may not be there.
func absent(digest v1.Hash) error {
	return fmt.Errorf("the folder does not hold %s: one of `tenon image export` has no layers and configs", digest)
}

// local is an image of which the manifest was read.
type local struct {
	dir      string
	manifest []byte
	d        v1.Descriptor
}

// MediaType implements partial.CompressedImageCore.
func (l local) MediaType() (types.MediaType, error) { return l.d.MediaType, nil }

// RawManifest implements partial.CompressedImageCore.
func (l local) RawManifest() ([]byte, error) { return l.manifest, nil }

// RawConfigFile implements partial.CompressedImageCore.
func (l local) RawConfigFile() ([]byte, error) {
	manifest, err := partial.Manifest(l)
	if err != nil {
		return nil, err
	}
	return blobOf(l.dir, manifest.Config.Digest)
}

// LayerByDigest implements partial.CompressedImageCore.
func (l local) LayerByDigest(digest v1.Hash) (partial.CompressedLayer, error) {
	manifest, err := partial.Manifest(l)
	if err != nil {
		return nil, err
	}
	for _, d := range append(manifest.Layers, manifest.Config) {
		if d.Digest == digest {
			return localLayer{l.dir, d}, nil
		}
	}
	return nil, fmt.Errorf("the manifest has no layer %s", digest)
}

type localLayer struct {
	dir string
	d   v1.Descriptor
}

// Digest implements partial.CompressedLayer.
func (l localLayer) Digest() (v1.Hash, error) { return l.d.Digest, nil }

// Size implements partial.CompressedLayer.
func (l localLayer) Size() (int64, error) { return l.d.Size, nil }

// MediaType implements partial.CompressedLayer.
func (l localLayer) MediaType() (types.MediaType, error) { return l.d.MediaType, nil }

// Compressed opens the file, of which the reader compares the digest as it ends.
func (l localLayer) Compressed() (io.ReadCloser, error) {
	if !digestPattern.MatchString(l.d.Digest.String()) {
		return nil, fmt.Errorf("the digest %q is none", l.d.Digest)
	}
	root, err := os.OpenRoot(l.dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	file, err := root.OpenFile(path.Join("blobs", "sha256", l.d.Digest.Hex), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, absent(l.d.Digest)
	}
	if err != nil {
		return nil, confine.Reason(err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("layer %s is no regular file", l.d.Digest)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return &compared{file, sha256.New(), l.d.Digest}, nil
}

// compared reads a file and compares its digest at the end.
type compared struct {
	*os.File
	sum    hash.Hash
	digest v1.Hash
}

// Read fails at the end of a file that is not what it is named by.
func (c *compared) Read(p []byte) (int, error) {
	n, err := c.File.Read(p)
	c.sum.Write(p[:n])
	if errors.Is(err, io.EOF) && hex.EncodeToString(c.sum.Sum(nil)) != c.digest.Hex {
		return n, fmt.Errorf("layer %s does not have its digest", c.digest)
	}
	return n, err
}
