package image

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"tenon.dev/tenon/internal/image/contents"
	"tenon.dev/tenon/internal/image/layout"
	"tenon.dev/tenon/internal/platform"
)

// Inspected is what an image holds, and its digest.
type Inspected struct {
	// Digest of the manifest, or of the index if the image is for several platforms.
	Digest string `json:"digest"`
	// Platform that was read, as os/architecture.
	Platform string `json:"platform"`
	contents.Contents
}

// ErrNoPlatform says that an image is not for the platform that was asked for.
var ErrNoPlatform = errors.New("the image is not for this platform")

// Inspect reads all layers of an image for a platform, such as linux/amd64, from its registry.
func (c Client) Inspect(ctx context.Context, image, platform string) (Inspected, error) {
	wanted, err := v1.ParsePlatform(platform)
	if err != nil {
		return Inspected{}, fmt.Errorf("reading the platform: %w", err)
	}
	s, err := c.openUpTo(ctx, image, maxLayer)
	if err != nil {
		return Inspected{}, err
	}
	defer s.close()
	descriptor, err := remote.Get(s.ref, append(s.options, remote.WithPlatform(*wanted))...)
	if err != nil {
		return Inspected{}, fmt.Errorf("inspecting %s: %w", image, classify(err, ErrNotFound))
	}
	img, err := ofPlatform(descriptor, *wanted)
	if err != nil {
		return Inspected{}, fmt.Errorf("inspecting %s: %w", image, err)
	}
	got, err := read(img, descriptor.Digest, *wanted)
	if err != nil {
		return got, fmt.Errorf("inspecting %s: %w", image, classify(err, ErrMalformed))
	}
	return got, nil
}

// ofPlatform picks an image from an index.
func ofPlatform(d *remote.Descriptor, wanted v1.Platform) (v1.Image, error) {
	if !d.MediaType.IsIndex() {
		return d.Image()
	}
	index, err := d.ImageIndex()
	if err != nil {
		return nil, classify(err, ErrNotFound)
	}
	return layout.Pick(index, wanted)
}

// InspectLayout reads an image from an OCI image layout, which skopeo, buildctl and others write. Tag picks
// one of several; the digest that its index names counts as the image's.
func InspectLayout(dir, tag, platform string) (Inspected, error) {
	wanted, err := v1.ParsePlatform(platform)
	if err != nil {
		return Inspected{}, fmt.Errorf("reading the platform: %w", err)
	}
	img, digest, err := layout.Image(dir, tag, *wanted)
	if err == nil {
		var got Inspected
		if got, err = read(img, digest, *wanted); err == nil {
			return got, nil
		}
	}
	return Inspected{}, fmt.Errorf("inspecting %s: %w", dir, err)
}

func read(img v1.Image, digest v1.Hash, wanted v1.Platform) (Inspected, error) {
	got := Inspected{Digest: digest.String(), Platform: wanted.OS + "/" + wanted.Architecture}
	if config, err := img.ConfigFile(); err == nil && config.OS != "" && !config.Platform().Satisfies(wanted) {
		return got, fmt.Errorf("%w, %s: it is for %s/%s", ErrNoPlatform, got.Platform, config.OS, config.Architecture)
	}
	var err error
	got.Contents, err = contents.Of(img)
	return got, err
}

// fromDriver are programs that NVIDIA's container runtime brings into containers on GPU nodes, of the driver
// there (https://github.com/NVIDIA/libnvidia-container/blob/main/src/nvc_info.c, utility_bins and compute_bins).
var fromDriver = []string{"nvidia-smi", "nvidia-debugdump", "nvidia-persistenced", "nv-fabricmanager", "nvidia-cuda-mps-control", "nvidia-cuda-mps-server"}

// Locked is what the lock keeps of one of a platform's images: the users, and which of the tools that the
// platform states there are. Of those that are missing it says where a program of that name lies instead.
func (i Inspected) Locked(e Entry) *platform.Inspected {
	kept := &platform.Inspected{User: i.User, UIDs: i.UIDs, Tools: []string{}, Missing: map[string]string{}}
	for _, tool := range e.Tools {
		if i.Has(tool) || e.CUDA && slices.Contains(fromDriver, tool) {
			kept.Tools = append(kept.Tools, tool)
		} else {
			kept.Missing[tool] = i.Elsewhere(tool)
		}
	}
	return kept
}

// Repository is the name of an image without tag and digest.
func Repository(reference string) string {
	name, _, _ := strings.Cut(reference, "@")
	if colon := strings.LastIndexByte(name, ':'); colon > strings.LastIndexByte(name, '/') {
		name = name[:colon]
	}
	return name
}
