package image

import (
	"context"
	"crypto"
	"errors"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/sigstore/cosign/v2/pkg/cosign"
	"github.com/sigstore/cosign/v2/pkg/oci"
	ociremote "github.com/sigstore/cosign/v2/pkg/oci/remote"
	"github.com/sigstore/cosign/v2/pkg/oci/static"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
	"github.com/sigstore/sigstore/pkg/signature"
)

// Outcome is what is known of an image's signatures. NotVerified is never a pass.
type Outcome string

// The outcomes.
const (
	Verified    Outcome = "verified"
	Failed      Outcome = "failed"
	NotVerified Outcome = "not verified"
)

// Verdict is the outcome for one image, with the reason in words.
type Verdict struct {
	Image   string  `json:"image"`
	Outcome Outcome `json:"outcome"`
	Reason  string  `json:"reason"`
}

// ErrWrongKey says that signatures exist and none was made by the key.
var ErrWrongKey = errors.New("no signature by the declared key")

// ErrOtherImage says that a signature by the key is of another image.
var ErrOtherImage = errors.New("the signature is of another image")

// maxPayload bounds a signature's payload; cosign's own is a few hundred bytes.
const maxPayload = 1 << 16

// Key is a public key that signatures are verified with.
type Key struct{ verifier signature.Verifier }

// ParseKey reads a PEM public key.
func ParseKey(pem []byte) (Key, error) {
	public, err := cryptoutils.UnmarshalPEMToPublicKey(pem)
	if err != nil {
		return Key{}, fmt.Errorf("reading public key: %w", err)
	}
	return newKey(public)
}

func newKey(public crypto.PublicKey) (Key, error) {
	verifier, err := signature.LoadDefaultVerifier(public, *cosign.GetDefaultLoadOptions(nil)...)
	if err != nil {
		return Key{}, fmt.Errorf("reading public key: %w", err)
	}
	return Key{verifier}, nil
}

// Verify tells whether the image, given by digest, is in its registry and carries a signature
// by the key. No transparency log and no trust root are asked.
func (c Client) Verify(ctx context.Context, image string, key Key) Verdict {
	err := c.verify(ctx, image, key)
	v := Verdict{Image: image, Outcome: Failed}
	switch {
	case err == nil:
		v.Outcome, v.Reason = Verified, "signed by the declared key"
		return v
	case errors.Is(err, ErrUnreachable), errors.Is(err, ErrDenied):
		v.Outcome = NotVerified
	}
	v.Reason = err.Error()
	return v
}

func (c Client) verify(ctx context.Context, image string, key Key) error {
	s, err := c.open(ctx, image)
	if err != nil {
		return err
	}
	defer s.close()
	digest, ok := s.ref.(name.Digest)
	if !ok {
		return fmt.Errorf("%w: it is named by tag, and a signature is of a digest", ErrUnsigned)
	}
	hash, err := v1.NewHash(digest.DigestStr())
	if err != nil {
		return fmt.Errorf("reading digest: %w", err)
	}
	// cosign asks for the signatures only: an image that is gone would look unsigned.
	if _, err := remote.Get(digest, s.options...); err != nil {
		return classify(err, ErrNotFound)
	}
	signatures, err := signaturesOf(digest, s.options)
	if err != nil {
		return err
	}
	return anyVerifies(ctx, signatures, hash, key)
}

func signaturesOf(digest name.Digest, options []remote.Option) ([]oci.Signature, error) {
	with := ociremote.WithRemoteOptions(options...)
	tag, err := ociremote.SignatureTag(digest, with)
	if err != nil {
		return nil, fmt.Errorf("naming the signature: %w", err)
	}
	found, err := ociremote.Signatures(tag, with)
	if err != nil {
		return nil, classify(err, ErrUnsigned)
	}
	list, err := found.Get()
	if err != nil {
		return nil, classify(err, ErrUnsigned)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%w: the registry has none for %s", ErrUnsigned, digest.DigestStr())
	}
	return list, nil
}

// anyVerifies asks cosign about each signature by itself. Certificates, chains and bundles
// that are attached to it play no part for a key and are dropped: cosign panics on some.
func anyVerifies(ctx context.Context, signatures []oci.Signature, hash v1.Hash, key Key) error {
	options := &cosign.CheckOpts{
		SigVerifier: key.verifier, IgnoreTlog: true, IgnoreSCT: true, Offline: true,
		// Without a claim verifier a signature copied from another image would pass.
		ClaimVerifier: func(sig oci.Signature, digest v1.Hash, annotations map[string]any) error {
			if err := cosign.SimpleClaimVerifier(sig, digest, annotations); err != nil {
				return fmt.Errorf("%w: %w", ErrOtherImage, err)
			}
			return nil
		},
	}
	verdict := fmt.Errorf("%w: %d signatures by other keys", ErrWrongKey, len(signatures))
	for _, sig := range signatures {
		encoded, err := sig.Base64Signature()
		if err != nil {
			continue
		}
		if size, err := sig.Size(); err != nil || size > maxPayload {
			continue
		}
		payload, err := sig.Payload()
		if err != nil {
			return classify(err, ErrUnreachable)
		}
		clean, err := static.NewSignature(payload, encoded)
		if err != nil {
			return fmt.Errorf("reading signature: %w", err)
		}
		_, err = cosign.VerifyImageSignature(ctx, clean, hash, options)
		if err == nil {
			return nil
		}
		if errors.Is(err, ErrOtherImage) {
			verdict = err
		}
	}
	return verdict
}
