// Package standin builds small images that stand for those of the reference platform, where
// the real ones cannot be: the same name gives the same bytes and so the same digest, and a
// registry can hold and sign them. They contain one text file and run nothing.
package standin

import (
	"archive/tar"
	"bytes"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"tenon.dev/tenon/internal/image"
)

// Build makes the stand-in of an image. The layer is not compressed, so that its digest does
// not depend on a compressor's version.
func Build(entry image.Entry) (v1.Image, error) {
	layer, err := oneFile("stand-in.txt", fmt.Sprintf("This stands for %s:%s. It runs nothing.\n", entry.Name, entry.Tag))
	if err != nil {
		return nil, fmt.Errorf("building stand-in %s: %w", entry.Name, err)
	}
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	if img, err = mutate.AppendLayers(img, layer); err != nil {
		return nil, fmt.Errorf("building stand-in %s: %w", entry.Name, err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("building stand-in %s: %w", entry.Name, err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Config.User = "linux", "amd64", "1001"
	return mutate.ConfigFile(img, config)
}

func oneFile(name, text string) (v1.Layer, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text)), Format: tar.FormatUSTAR}); err != nil {
		return nil, err
	}
	if _, err := w.Write([]byte(text)); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return static.NewLayer(b.Bytes(), types.OCIUncompressedLayer), nil
}

// Lock writes the lock of the stand-ins of a catalogue.
func Lock(entries []image.Entry) ([]byte, error) {
	locked := make([]image.Entry, len(entries))
	for i, e := range entries {
		img, err := Build(e)
		if err != nil {
			return nil, err
		}
		digest, err := img.Digest()
		if err != nil {
			return nil, fmt.Errorf("building stand-in %s: %w", e.Name, err)
		}
		locked[i] = e
		locked[i].Digest = digest.String()
	}
	return image.LockFile(locked)
}
