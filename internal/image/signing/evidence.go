package signing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/sigstore/cosign/v2/pkg/oci"
	ociremote "github.com/sigstore/cosign/v2/pkg/oci/remote"
	"github.com/sigstore/cosign/v2/pkg/oci/static"
	"github.com/sigstore/sigstore-go/pkg/bundle"
)

// Evidence is what is attached to one image. All of it is read: judging it asks nobody.
type Evidence struct {
	Digest v1.Hash
	// Signatures and Attestations in cosign's older format, beside the image by tag or as referrers.
	Signatures, Attestations []oci.Signature
	// Referred are signatures in cosign's older format that it was told to store as referrers.
	Referred []oci.Signature
	// Bundles in Sigstore's format, as referrers.
	Bundles []*bundle.Bundle
	// Unreadable counts what is attached and is no signature.
	Unreadable int
	// size of all that was read.
	size int64
}

// Need says which evidence is asked for: each kind is a request of its own.
type Need struct{ Signatures, Attestations, Bundles bool }

// Everything that there may be.
var Everything = Need{Signatures: true, Attestations: true, Bundles: true}

// Bounds of what one signature or attestation may be: cosign's payloads have a few hundred bytes,
// an SBOM some megabytes.
const (
	maxPayload     = 1 << 16
	maxAttestation = 64 << 20
	// maxEvidence bounds all that is attached to one image.
	maxEvidence  = 128 << 20
	maxReferrers = 100
)

// Classify makes of a registry's error one of those that tell what it says of the image; absent is
// what a manifest that does not exist means.
type Classify func(err, absent error) error

// ErrUnsigned says that there is no signature.
var ErrUnsigned = errors.New("no signature")

// Fetch reads the evidence of an image from its registry.
func Fetch(ctx context.Context, digest name.Digest, source Source, need Need, options []remote.Option, classify Classify) (*Evidence, error) {
	hash, err := v1.NewHash(digest.DigestStr())
	if err != nil {
		return nil, fmt.Errorf("reading digest: %w", err)
	}
	with := []ociremote.Option{ociremote.WithRemoteOptions(options...)}
	if source.OCI != "" {
		repository, err := name.NewRepository(source.OCI)
		if err != nil {
			return nil, fmt.Errorf("the policy's source: %w", err)
		}
		with = append(with, ociremote.WithTargetRepository(repository))
	}
	if source.TagPrefix != "" {
		with = append(with, ociremote.WithPrefix(source.TagPrefix))
	}
	e := &Evidence{Digest: hash}
	if need.Signatures {
		if err := e.tagged(digest, ociremote.SignatureTag, &e.Signatures, maxPayload, with, classify); err != nil {
			return nil, err
		}
	}
	if need.Attestations {
		if err := e.tagged(digest, ociremote.AttestationTag, &e.Attestations, maxAttestation, with, classify); err != nil {
			return nil, err
		}
	}
	if need.Bundles {
		return e, e.referrers(digest, with, options, classify)
	}
	return e, nil
}

func (e *Evidence) tagged(digest name.Digest, tagOf func(name.Reference, ...ociremote.Option) (name.Tag, error), into *[]oci.Signature, most int64, with []ociremote.Option, classify Classify) error {
	tag, err := tagOf(digest, with...)
	if err != nil {
		return fmt.Errorf("naming the signature: %w", err)
	}
	return e.read(tag, into, most, with, classify)
}

// read takes all signatures of one manifest; one that is not there has none.
func (e *Evidence) read(ref name.Reference, into *[]oci.Signature, most int64, with []ociremote.Option, classify Classify) error {
	found, err := ociremote.Signatures(ref, with...)
	if err != nil {
		return classify(err, ErrUnsigned)
	}
	list, err := found.Get()
	if err != nil {
		return classify(err, ErrUnsigned)
	}
	seen := map[v1.Hash]bool{}
	for _, sig := range list {
		size, err := sig.Size()
		digest, same := sig.Digest()
		if err != nil || same != nil || size > most || seen[digest] && most > maxPayload || !e.fits(size) {
			e.Unreadable++
			continue
		}
		seen[digest] = true
		if _, err := sig.Payload(); err != nil {
			return classify(err, ErrUnsigned)
		}
		whole, err := copied(sig)
		if err != nil {
			e.Unreadable++
			continue
		}
		*into = append(*into, whole)
	}
	return nil
}

// fits tells whether so much more may be read.
func (e *Evidence) fits(size int64) bool {
	e.size += size
	return size >= 0 && e.size <= maxEvidence
}

// copied reads all annotations of a signature. cosign panics on some of what may stand there.
func copied(sig oci.Signature) (whole oci.Signature, err error) {
	_, err = guarded(func() (bool, error) {
		var err error
		whole, err = static.Copy(sig)
		return err == nil, err
	})
	return whole, err
}

// referrers reads what refers to the image by its subject: bundles, and cosign's signatures where
// it was told to store them so.
func (e *Evidence) referrers(digest name.Digest, with []ociremote.Option, options []remote.Option, classify Classify) error {
	index, err := ociremote.Referrers(digest, "", with...)
	if err != nil {
		return classify(err, ErrUnsigned)
	}
	for i, d := range index.Manifests {
		ref := digest.Context().Digest(d.Digest.String())
		switch {
		case i >= maxReferrers, d.Size > maxPayload*16:
			e.Unreadable++
		case strings.HasPrefix(d.ArtifactType, "application/vnd.dev.cosign.artifact.sig."):
			if err := e.read(ref, &e.Referred, maxPayload, with, classify); err != nil {
				return err
			}
		default: // registries do not agree on the artifactType that they list
			if err := e.bundle(ref, options, classify); err != nil {
				return err
			}
		}
	}
	return nil
}

// errNoBundle says that a referrer is something else.
var errNoBundle = errors.New("no bundle")

// bundle reads one referrer, if it is a bundle. Its layer is read as it is: unpacking it would have no
// bound.
func (e *Evidence) bundle(ref name.Reference, options []remote.Option, classify Classify) error {
	img, err := remote.Image(ref, options...)
	if err != nil {
		return classify(err, ErrUnsigned)
	}
	layer, err := bundleLayer(img)
	if errors.Is(err, errNoBundle) {
		return nil
	}
	if err != nil {
		return classify(err, ErrUnsigned)
	}
	size, err := layer.Size()
	if err != nil || size > maxAttestation || !e.fits(size) {
		e.Unreadable++
		return nil
	}
	content, err := layer.Compressed()
	if err != nil {
		return classify(err, ErrUnsigned)
	}
	defer content.Close()
	text, err := io.ReadAll(io.LimitReader(content, size+1))
	if err != nil {
		return classify(err, ErrUnsigned)
	}
	b := &bundle.Bundle{}
	if _, err := guarded(func() (bool, error) { return true, b.UnmarshalJSON(text) }); err != nil || !b.MinVersion("v0.3") {
		e.Unreadable++
		return nil
	}
	e.Bundles = append(e.Bundles, b)
	return nil
}

// bundleLayer is the one layer of a bundle's manifest.
func bundleLayer(img v1.Image) (v1.Layer, error) {
	manifest, err := img.Manifest()
	if err != nil {
		return nil, err
	}
	if len(manifest.Layers) != 1 || !strings.HasPrefix(string(manifest.Layers[0].MediaType), "application/vnd.dev.sigstore.bundle") {
		return nil, errNoBundle
	}
	return img.LayerByDigest(manifest.Layers[0].Digest)
}
