package signing

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/sigstore/cosign/v2/pkg/cosign"
	protobundle "github.com/sigstore/protobuf-specs/gen/pb-go/bundle/v1"
	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/verify"
)

// bundles verifies what is attached in Sigstore's bundle format.
func (t attempt) bundles(e *Evidence) ([]Statement, error) {
	digest, err := hex.DecodeString(e.Digest.Hex)
	if err != nil {
		return nil, fmt.Errorf("reading digest: %w", err)
	}
	var statements []Statement
	var causes []error
	for _, b := range e.Bundles {
		s, err := t.bundle(b, verify.WithArtifactDigest(e.Digest.Algorithm, digest))
		if err != nil {
			causes = append(causes, cause(err, nil, t))
			continue
		}
		statements = append(statements, s)
	}
	if len(statements) == 0 {
		return nil, none(causes, "bundle", e)
	}
	return statements, nil
}

func (t attempt) bundle(b *bundle.Bundle, of verify.ArtifactPolicyOption) (Statement, error) {
	co := t.CheckOpts
	var result *verify.VerificationResult
	_, err := guarded(func() (bool, error) {
		var err error
		result, err = cosign.VerifyNewBundle(context.Background(), &co, of, b)
		return err == nil, err
	})
	if err != nil {
		return Statement{}, err
	}
	envelope, ok := b.Content.(*protobundle.Bundle_DsseEnvelope)
	if !ok {
		return Statement{}, fmt.Errorf("the bundle holds no statement about an image")
	}
	s, err := read(envelope.DsseEnvelope.GetPayload())
	s.Signer = Signer{Key: t.key}
	if result.Signature != nil && result.Signature.Certificate != nil {
		s.Signer = Signer{Subject: result.Signature.Certificate.SubjectAlternativeName, Issuer: result.Signature.Certificate.Issuer}
	}
	for _, stamp := range result.VerifiedTimestamps {
		if !co.IgnoreTlog {
			s.Signer.Logged = &stamp.Timestamp
		}
	}
	return s, err
}
