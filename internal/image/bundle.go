package image

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// maxBundle bounds what is unpacked of a bundle: policies are text.
const maxBundle = 32 << 20

var errLargeBundle = fmt.Errorf("%w: it unpacks to more than %d MiB", ErrMalformed, maxBundle>>20)

// Bundle pulls the files of an artifact: an OPA bundle, whose layer is an archive, or what
// conftest pushes, whose layers are files with a title
// (https://www.openpolicyagent.org/docs/management-bundles, https://www.conftest.dev/sharing/).
func (c Client) Bundle(ctx context.Context, reference string) (fs.FS, error) {
	s, err := c.open(ctx, reference)
	if err != nil {
		return nil, err
	}
	defer s.close()
	img, err := remote.Image(s.ref, s.options...)
	if err != nil {
		return nil, fmt.Errorf("pulling %s: %w", reference, classify(err, ErrNotFound))
	}
	manifest, err := img.Manifest()
	if err != nil {
		return nil, fmt.Errorf("pulling %s: %w", reference, err)
	}
	var packed bytes.Buffer
	w := &unpacker{zip: zip.NewWriter(&packed)}
	for _, d := range manifest.Layers {
		layer, err := img.LayerByDigest(d.Digest)
		if err == nil {
			err = w.layer(layer, d)
		}
		if err != nil {
			return nil, fmt.Errorf("unpacking %s: %w", reference, err)
		}
	}
	if err := w.zip.Close(); err != nil {
		return nil, fmt.Errorf("unpacking %s: %w", reference, err)
	}
	return zip.NewReader(bytes.NewReader(packed.Bytes()), int64(packed.Len()))
}

// unpacker keeps the files in memory, as an archive: nothing is written to disk.
type unpacker struct {
	zip  *zip.Writer
	size int64
}

func (w *unpacker) layer(layer v1.Layer, d v1.Descriptor) error {
	// Compressed is the blob as it is, whose digest is looked at while it is read.
	blob, err := layer.Compressed()
	if err != nil {
		return err
	}
	defer blob.Close()
	title := d.Annotations["org.opencontainers.image.title"]
	kind := string(d.MediaType)
	if title != "" && !strings.HasSuffix(title, ".tar.gz") && !strings.HasSuffix(kind, "gzip") {
		return w.file(title, blob)
	}
	plain, err := gzip.NewReader(blob)
	if err != nil {
		return err
	}
	// What is no file takes room in the archive too.
	archive := tar.NewReader(&atMost{plain, 2 * maxBundle, errLargeBundle})
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if header.Typeflag == tar.TypeReg {
			if err := w.file(header.Name, archive); err != nil {
				return err
			}
		}
	}
}

func (w *unpacker) file(name string, r io.Reader) error {
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	to, err := w.zip.Create(name)
	if err != nil {
		return err
	}
	n, err := io.Copy(to, io.LimitReader(r, maxBundle-w.size+1))
	// An empty file costs memory as well: its name, twice, and two headers.
	if w.size += n + int64(2*len(name)) + 128; w.size > maxBundle {
		return errLargeBundle
	}
	return err
}
