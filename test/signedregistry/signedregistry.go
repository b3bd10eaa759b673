// Package signedregistry is a registry on this machine that holds signed stand-ins of a
// platform's images, for the demo and for tests.
package signedregistry

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/sigstore/cosign/v2/pkg/cosign"
	ocimutate "github.com/sigstore/cosign/v2/pkg/oci/mutate"
	ociremote "github.com/sigstore/cosign/v2/pkg/oci/remote"
	"github.com/sigstore/cosign/v2/pkg/oci/static"
	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/sigstore/sigstore/pkg/signature/payload"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/image/standin"
	"tenon.dev/tenon/internal/platform"
)

// Registry serves on a loopback address until it is closed.
type Registry struct {
	// Host is address:port.
	Host string
	// PublicKey is the PEM of the key that Sign signs with, and PrivateKey that key as cosign keeps it, without a
	// password.
	PublicKey, PrivateKey []byte

	server *httptest.Server // nil where somebody else serves
	signer signature.Signer
}

// Start makes a registry and a new key.
func Start() (*Registry, error) {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	r, err := At(strings.TrimPrefix(server.URL, "http://"))
	if err != nil {
		server.Close()
		return nil, err
	}
	r.server = server
	return r, nil
}

// At makes a new key for a registry that somebody else serves at a host.
func At(host string) (*Registry, error) {
	keys, err := cosign.GenerateKeyPair(func(bool) ([]byte, error) { return nil, nil })
	if err != nil {
		return nil, fmt.Errorf("generating a key pair: %w", err)
	}
	signer, err := cosign.LoadPrivateKey(keys.PrivateBytes, nil, nil)
	if err != nil {
		return nil, fmt.Errorf("loading the private key: %w", err)
	}
	return &Registry{Host: host, PublicKey: keys.PublicBytes, PrivateKey: keys.PrivateBytes, signer: signer}, nil
}

// Close stops the registry.
func (r *Registry) Close() {
	if r.server != nil {
		r.server.Close()
	}
}

// PushPlatform pushes and signs stand-ins of all images of the platform in a folder.
func (r *Registry) PushPlatform(dir string) error {
	environments, _, err := check.Load(platform.Folder{FS: os.DirFS(dir), Dir: "cue/platform"})
	if err != nil {
		return err
	}
	for _, e := range environments {
		for _, entry := range image.Catalogue([]platform.State{e.State}) {
			_, below, _ := strings.Cut(entry.Reference, "/")
			digest, err := r.Push(below, entry)
			if err != nil {
				return err
			}
			if err := r.Sign(digest, digest); err != nil {
				return err
			}
		}
	}
	return nil
}

// Push stores the stand-in of an image as repository:tag and returns it by digest.
func (r *Registry) Push(below string, entry image.Entry) (name.Digest, error) {
	img, err := standin.Build(entry)
	if err != nil {
		return name.Digest{}, err
	}
	tag, err := name.NewTag(r.Host + "/" + below)
	if err != nil {
		return name.Digest{}, fmt.Errorf("naming %s: %w", below, err)
	}
	if err := remote.Write(tag, img, remote.WithAuth(authn.Anonymous)); err != nil {
		return name.Digest{}, fmt.Errorf("pushing %s: %w", tag, err)
	}
	digest, err := img.Digest()
	if err != nil {
		return name.Digest{}, fmt.Errorf("pushing %s: %w", tag, err)
	}
	return tag.Context().Digest(digest.String()), nil
}

// Sign stores a signature for an image. It claims another image where claimed differs, as a
// copied signature does.
func (r *Registry) Sign(digest, claimed name.Digest) error {
	claim, err := payload.Cosign{Image: claimed}.MarshalJSON()
	if err != nil {
		return fmt.Errorf("signing %s: %w", digest, err)
	}
	raw, err := r.signer.SignMessage(bytes.NewReader(claim))
	if err != nil {
		return fmt.Errorf("signing %s: %w", digest, err)
	}
	sig, err := static.NewSignature(claim, base64.StdEncoding.EncodeToString(raw))
	if err != nil {
		return fmt.Errorf("signing %s: %w", digest, err)
	}
	options := ociremote.WithRemoteOptions(remote.WithAuth(authn.Anonymous))
	entity, err := ociremote.SignedEntity(digest, options)
	if err != nil {
		return fmt.Errorf("signing %s: %w", digest, err)
	}
	if entity, err = ocimutate.AttachSignatureToEntity(entity, sig); err != nil {
		return fmt.Errorf("signing %s: %w", digest, err)
	}
	if err := ociremote.WriteSignatures(digest.Repository, entity, options); err != nil {
		return fmt.Errorf("storing the signature of %s: %w", digest, err)
	}
	return nil
}
