package signing

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"tenon.dev/tenon/internal/confine"

	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
	"github.com/sigstore/sigstore/pkg/signature"
)

// Roots are roots of trust by the name of the TrustRoot that policies refer to; the one without a
// name stands for Sigstore's own.
type Roots map[string]root.TrustedMaterial

// maxRoot bounds a file of roots.
const maxRoot = 16 << 20

// ReadRoots reads trusted roots of FILE or NAME=FILE, in the format of Sigstore's trusted_root.json
// (https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_trustroot.proto).
func ReadRoots(given []string) (Roots, error) {
	roots := Roots{}
	for _, g := range given {
		name, file, named := strings.Cut(g, "=")
		if !named {
			name, file = "", g
		}
		text, err := confine.ReadNamed(file, maxRoot)
		if err != nil {
			return nil, fmt.Errorf("reading trusted root: %w", err)
		}
		if roots[name], err = root.NewTrustedRootFromJSON(text); err != nil {
			return nil, fmt.Errorf("reading trusted root %s: %w", file, err)
		}
	}
	return roots, nil
}

// OwnRoot reads the root of trust that a platform keeps, for policies that name none.
func OwnRoot(platform fs.FS, file string) (Roots, error) {
	text, err := confine.ReadFS(platform, file, maxRoot)
	if err != nil {
		return nil, fmt.Errorf("reading trusted root %s: %w", file, err)
	}
	own, err := root.NewTrustedRootFromJSON(text)
	if err != nil {
		return nil, fmt.Errorf("reading trusted root %s: %w", file, err)
	}
	return Roots{"": own}, nil
}

// errUndecidable is why an authority cannot be asked here: not a failure, and no pass.
var errUndecidable = errors.New("cannot be verified here")

// undecidable says so, with the reason.
func undecidable(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errUndecidable, fmt.Sprintf(format, args...))
}

// material gives the root of trust that a policy refers to.
func (r Roots) material(name string) (root.TrustedMaterial, error) {
	if m, ok := r[name]; ok {
		return m, nil
	}
	if name == "" {
		return nil, undecidable("Sigstore's root of trust is not at hand: give it with --trusted-root FILE, or as trusted_root.json of the platform")
	}
	return nil, undecidable("TrustRoot %s is not at hand: give it with --trusted-root %s=FILE", name, name)
}

// publicKey is a key with the name that it is shown by.
type publicKey struct {
	verifier    signature.Verifier
	fingerprint string
}

var hashes = map[string]crypto.Hash{"": crypto.SHA256, "sha256": crypto.SHA256, "sha384": crypto.SHA384, "sha512": crypto.SHA512, "sha224": crypto.SHA224}

// keys reads the PEM public keys of a reference.
func (k KeyRef) keys() ([]publicKey, error) {
	switch {
	case k.Data != "":
	case k.SecretRef != nil:
		return nil, undecidable("its key is in a Secret of the cluster")
	case k.KMS != "":
		return nil, undecidable("its key is kept by %s", k.KMS)
	default:
		return nil, fmt.Errorf("the policy names no key")
	}
	hash, known := hashes[strings.ToLower(k.HashAlgorithm)]
	if !known {
		return nil, fmt.Errorf("the policy names hash algorithm %s, which is not known", k.HashAlgorithm)
	}
	var keys []publicKey
	for rest := []byte(k.Data); len(bytes.TrimSpace(rest)) > 0; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil, fmt.Errorf("the policy's key is no PEM public key")
		}
		public, err := cryptoutils.UnmarshalPEMToPublicKey(pem.EncodeToMemory(block))
		if err != nil {
			return nil, fmt.Errorf("reading the policy's key: %w", err)
		}
		verifier, err := signature.LoadVerifier(public, hash)
		if err != nil {
			return nil, fmt.Errorf("reading the policy's key: %w", err)
		}
		der, err := x509.MarshalPKIXPublicKey(public)
		if err != nil {
			return nil, fmt.Errorf("reading the policy's key: %w", err)
		}
		sum := sha256.Sum256(der)
		keys = append(keys, publicKey{verifier, "SHA256:" + hex.EncodeToString(sum[:8])})
	}
	return keys, nil
}

// ReadKey checks a PEM public key.
func ReadKey(pem []byte) error {
	_, err := KeyRef{Data: string(pem)}.keys()
	return err
}
