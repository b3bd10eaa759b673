// Package images shows what tenon says of signed images, and of every way in which they can be
// attacked: with signatures and attestations by keys and by identities of a certificate authority and
// a transparency log of the test's own. With TENON_E2E=1 the same is asked of the real cosign and of
// policy-controller, against a real registry behind TLS and a password.
package images

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/sigstore/cosign/v2/pkg/cosign"
	rekorbundle "github.com/sigstore/cosign/v2/pkg/cosign/bundle"
	"github.com/sigstore/cosign/v2/pkg/oci"
	ocimutate "github.com/sigstore/cosign/v2/pkg/oci/mutate"
	ociremote "github.com/sigstore/cosign/v2/pkg/oci/remote"
	"github.com/sigstore/cosign/v2/pkg/oci/static"
	protobundle "github.com/sigstore/protobuf-specs/gen/pb-go/bundle/v1"
	protocommon "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
	protodsse "github.com/sigstore/protobuf-specs/gen/pb-go/dsse"
	protorekor "github.com/sigstore/protobuf-specs/gen/pb-go/rekor/v1"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/testing/ca"
	"github.com/sigstore/sigstore-go/pkg/tlog"
	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/sigstore/sigstore/pkg/signature/dsse"
	"github.com/sigstore/sigstore/pkg/signature/payload"
	"google.golang.org/protobuf/encoding/protojson"
)

// lab makes images with whatever is attached to them.
type lab struct {
	t    testing.TB
	host string
	dir  string
	// options reach the registry.
	options []remote.Option
	// builder and stranger are keys; only the first is in policies.
	builder, stranger keyPair
	// sigstore issues certificates and logs; rogue is another that nobody trusts.
	sigstore, rogue *ca.VirtualSigstore
	// rootFile is the trusted root of sigstore.
	rootFile string
	count    int
}

type keyPair struct {
	public, private []byte
	signer          signature.Signer
}

// The identity that policies ask for, and another.
const (
	issuer   = "https://token.actions.githubusercontent.com"
	workflow = "https://github.com/example/images/.github/workflows/build.yaml@refs/heads/main"
	fork     = "https://github.com/stranger/images/.github/workflows/build.yaml@refs/heads/main"
)

func newLab(t testing.TB) *lab {
	t.Helper()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0)), registry.WithReferrersSupport(true)))
	t.Cleanup(server.Close)
	return newLabAt(t, strings.TrimPrefix(server.URL, "http://"))
}

func newLabAt(t testing.TB, host string, options ...remote.Option) *lab {
	t.Helper()
	l := &lab{t: t, host: host, dir: t.TempDir(), options: options, builder: newKey(t), stranger: newKey(t)}
	var err error
	l.sigstore, err = ca.NewVirtualSigstore()
	l.must(err)
	l.rogue, err = ca.NewVirtualSigstore()
	l.must(err)
	trusted, err := root.NewTrustedRoot(root.TrustedRootMediaType01, l.sigstore.FulcioCertificateAuthorities(), byID(l, l.sigstore.CTLogs()), l.sigstore.TimestampingAuthorities(), byID(l, l.sigstore.RekorLogs()))
	l.must(err)
	text, err := trusted.MarshalJSON()
	l.must(err)
	l.rootFile = filepath.Join(l.dir, "trusted_root.json")
	l.must(os.WriteFile(l.rootFile, text, 0o666))
	return l
}

// byID gives logs the raw bytes of their identity, which the authority of the tests writes as text.
func byID(l *lab, logs map[string]*root.TransparencyLog) map[string]*root.TransparencyLog {
	for id, log := range logs {
		raw, err := hex.DecodeString(id)
		l.must(err)
		log.ID, log.BaseURL = raw, "https://log.example.com"
	}
	return logs
}

func newKey(t testing.TB) keyPair {
	t.Helper()
	keys, err := cosign.GenerateKeyPair(func(bool) ([]byte, error) { return nil, nil })
	if err != nil {
		t.Fatal(err)
	}
	signer, err := cosign.LoadPrivateKey(keys.PrivateBytes, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return keyPair{keys.PublicBytes, keys.PrivateBytes, signer}
}

func (l *lab) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// image pushes a new image.
func (l *lab) image() name.Digest {
	l.t.Helper()
	l.count++
	img, err := random.Image(256, 1)
	l.must(err)
	tag, err := name.NewTag(fmt.Sprintf("%s/team/image-%d:v1", l.host, l.count))
	l.must(err)
	l.must(remote.Write(tag, img, l.options...))
	digest, err := img.Digest()
	l.must(err)
	return tag.Context().Digest(digest.String())
}

func (l *lab) attachOptions() ociremote.Option { return ociremote.WithRemoteOptions(l.options...) }

// attach stores signatures of an image as cosign does.
func (l *lab) attach(to name.Digest, sig oci.Signature) name.Digest {
	l.t.Helper()
	entity, err := ociremote.SignedEntity(to, l.attachOptions())
	l.must(err)
	entity, err = ocimutate.AttachSignatureToEntity(entity, sig)
	l.must(err)
	l.must(ociremote.WriteSignatures(to.Repository, entity, l.attachOptions()))
	return to
}

// attachAttestation stores an attestation of an image as cosign does.
func (l *lab) attachAttestation(to name.Digest, att oci.Signature) name.Digest {
	l.t.Helper()
	entity, err := ociremote.SignedEntity(to, l.attachOptions())
	l.must(err)
	entity, err = ocimutate.AttachAttestationToEntity(entity, att)
	l.must(err)
	l.must(ociremote.WriteAttestations(to.Repository, entity, l.attachOptions()))
	return to
}

func claimOf(l *lab, d name.Digest) []byte {
	text, err := payload.Cosign{Image: d}.MarshalJSON()
	l.must(err)
	return text
}

// byKey is a signature of an image by a key.
func (l *lab) byKey(key keyPair, of name.Digest) oci.Signature {
	l.t.Helper()
	claim := claimOf(l, of)
	raw, err := key.signer.SignMessage(bytes.NewReader(claim))
	l.must(err)
	sig, err := static.NewSignature(claim, base64.StdEncoding.EncodeToString(raw))
	l.must(err)
	return sig
}

// altered is a signature whose payload says more than was signed.
func (l *lab) altered(key keyPair, of name.Digest) oci.Signature {
	l.t.Helper()
	good := l.byKey(key, of)
	encoded, err := good.Base64Signature()
	l.must(err)
	claim := bytes.Replace(claimOf(l, of), []byte(`"optional":null`), []byte(`"optional":{"approved":true}`), 1)
	sig, err := static.NewSignature(claim, encoded)
	l.must(err)
	return sig
}

// who signs keyless, and when the log took it.
type who struct {
	by *ca.VirtualSigstore
	// log that took the signature, where it is another's.
	log      *ca.VirtualSigstore
	identity string
	issuer   string
	at       time.Duration
	unlogged bool
}

func (l *lab) trusted() who {
	return who{by: l.sigstore, identity: workflow, issuer: issuer, at: 5 * time.Minute}
}

// byIdentity is a signature of an image by a certificate, with its log entry.
func (l *lab) byIdentity(w who, of name.Digest) oci.Signature {
	l.t.Helper()
	claim := claimOf(l, of)
	e, err := w.by.SignAtTime(w.identity, w.issuer, claim, time.Now().Add(w.at))
	l.must(err)
	content, err := e.SignatureContent()
	l.must(err)
	sig, err := static.NewSignature(claim, base64.StdEncoding.EncodeToString(content.Signature()), l.material(w, e)...)
	l.must(err)
	return sig
}

func (l *lab) material(w who, e *ca.TestEntity) []static.Option {
	l.t.Helper()
	cert, err := e.VerificationContent()
	l.must(err)
	authority := w.by.FulcioCertificateAuthorities()[0].(*root.FulcioCertificateAuthority)
	chain := append(pemOf(authority.Intermediates[0]), pemOf(authority.Root)...)
	options := []static.Option{static.WithCertChain(pemOf(cert.Certificate()), chain)}
	if w.unlogged {
		return options
	}
	entry := logEntry(l, w, e, "hashedrekord")
	return append(options, static.WithBundle(&rekorbundle.RekorBundle{
		SignedEntryTimestamp: entry.InclusionPromise.SignedEntryTimestamp,
		Payload: rekorbundle.RekorPayload{
			Body:           base64.StdEncoding.EncodeToString(entry.CanonicalizedBody),
			IntegratedTime: entry.IntegratedTime, LogIndex: entry.LogIndex, LogID: hex.EncodeToString(entry.LogId.KeyId),
		},
	}))
}

// logEntry is the entry with the promise of the log, which sigstore-go keeps to itself.
func logEntry(l *lab, w who, e *ca.TestEntity, kind string) *protorekor.TransparencyLogEntry {
	l.t.Helper()
	entries, err := e.TlogEntries()
	l.must(err)
	entry := entries[0].TransparencyLogEntry()
	by := w.by
	if w.log != nil {
		by = w.log
		id, err := by.RekorLogID()
		l.must(err)
		entry.LogId.KeyId, err = hex.DecodeString(id)
		l.must(err)
	}
	promise, err := by.RekorSignPayload(tlog.RekorPayload{
		Body:           base64.StdEncoding.EncodeToString(entry.CanonicalizedBody),
		IntegratedTime: entry.IntegratedTime, LogIndex: entry.LogIndex, LogID: hex.EncodeToString(entry.LogId.KeyId),
	})
	l.must(err)
	entry.InclusionPromise = &protorekor.InclusionPromise{SignedEntryTimestamp: promise}
	entry.KindVersion = &protorekor.KindVersion{Kind: kind, Version: "0.0.1"}
	return entry
}

func pemOf(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
}

// The predicates that are attested.
const (
	provenanceType = "https://slsa.dev/provenance/v1"
	spdxType       = "https://spdx.dev/Document"
)

func provenance(builder string) map[string]any {
	return map[string]any{
		"buildDefinition": map[string]any{
			"buildType":            "https://actions.github.io/buildtypes/workflow/v1",
			"externalParameters":   map[string]any{"workflow": map[string]any{"repository": "https://github.com/example/images"}},
			"resolvedDependencies": []any{map[string]any{"uri": "git+https://github.com/example/images@refs/heads/main"}, map[string]any{"uri": "pkg:docker/nvcr.io/nvidia/rapidsai@25.04"}},
		},
		"runDetails": map[string]any{"builder": map[string]any{"id": builder}},
	}
}

func statementOf(l *lab, of name.Digest, predicateType string, predicate any) []byte {
	text, err := json.Marshal(map[string]any{
		"_type": "https://in-toto.io/Statement/v1", "predicateType": predicateType, "predicate": predicate,
		"subject": []any{map[string]any{"name": of.Context().Name(), "digest": map[string]string{"sha256": strings.TrimPrefix(of.DigestStr(), "sha256:")}}},
	})
	l.must(err)
	return text
}

// attestedByKey is an attestation by a key.
func (l *lab) attestedByKey(key keyPair, statement []byte) oci.Signature {
	l.t.Helper()
	envelope, err := dsse.WrapSigner(key.signer, "application/vnd.in-toto+json").SignMessage(bytes.NewReader(statement))
	l.must(err)
	att, err := static.NewAttestation(envelope)
	l.must(err)
	return att
}

// attestedByIdentity is an attestation by a certificate.
func (l *lab) attestedByIdentity(w who, statement []byte) oci.Signature {
	l.t.Helper()
	e, err := w.by.AttestAtTime(w.identity, w.issuer, statement, time.Now().Add(w.at), false)
	l.must(err)
	content, err := e.SignatureContent()
	l.must(err)
	envelope, err := json.Marshal(content.EnvelopeContent().RawEnvelope())
	l.must(err)
	att, err := static.NewAttestation(envelope, l.material(w, e)...)
	l.must(err)
	return att
}

// bundled stores an attestation by a certificate in Sigstore's bundle format, as a referrer.
func (l *lab) bundled(to name.Digest, w who, predicateType string, statement []byte) name.Digest {
	l.t.Helper()
	e, err := w.by.AttestAtTime(w.identity, w.issuer, statement, time.Now().Add(w.at), true)
	l.must(err)
	content, err := e.SignatureContent()
	l.must(err)
	cert, err := e.VerificationContent()
	l.must(err)
	raw := content.EnvelopeContent().RawEnvelope()
	body, err := base64.StdEncoding.DecodeString(raw.Payload)
	l.must(err)
	b := &protobundle.Bundle{
		MediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
		VerificationMaterial: &protobundle.VerificationMaterial{
			Content: &protobundle.VerificationMaterial_Certificate{Certificate: &protocommon.X509Certificate{RawBytes: cert.Certificate().Raw}},
		},
		Content: &protobundle.Bundle_DsseEnvelope{DsseEnvelope: &protodsse.Envelope{
			Payload: body, PayloadType: raw.PayloadType,
			Signatures: []*protodsse.Signature{{Sig: content.Signature()}},
		}},
	}
	if !w.unlogged {
		b.VerificationMaterial.TlogEntries = []*protorekor.TransparencyLogEntry{logEntry(l, w, e, "dsse")}
	}
	text, err := protojson.Marshal(b)
	l.must(err)
	l.must(ociremote.WriteAttestationNewBundleFormat(to, text, predicateType, l.attachOptions()))
	return to
}

// forget deletes the signatures of an image.
func (l *lab) forget(d name.Digest) name.Digest {
	l.t.Helper()
	tag, err := ociremote.SignatureTag(d, l.attachOptions())
	l.must(err)
	desc, err := remote.Get(tag, l.options...)
	l.must(err)
	_ = remote.Delete(tag, l.options...)
	l.must(remote.Delete(tag.Context().Digest(desc.Digest.String()), l.options...))
	return d
}

// moved puts another image under the tag of one, and returns it by its own digest.
func (l *lab) moved(d name.Digest) name.Digest {
	l.t.Helper()
	img, err := random.Image(256, 1)
	l.must(err)
	l.must(remote.Write(d.Context().Tag("v1"), img, l.options...))
	hash, err := img.Digest()
	l.must(err)
	return d.Context().Digest(hash.String())
}

// text of a policy about all images of the lab.
func policyText(l *lab, policyName string, spec map[string]any) string {
	if spec["images"] == nil {
		spec["images"] = []any{map[string]any{"glob": l.host + "/**"}}
	}
	text, err := json.Marshal(map[string]any{
		"apiVersion": "policy.sigstore.dev/v1beta1", "kind": "ClusterImagePolicy", "metadata": map[string]any{"name": policyName}, "spec": spec,
	})
	l.must(err)
	return string(text)
}
