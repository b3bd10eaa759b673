package signing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sigstore/cosign/v2/pkg/cosign"
	"github.com/sigstore/cosign/v2/pkg/oci"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
)

// Signer is who vouches for an image.
type Signer struct {
	// Policy and Authority that asked.
	Policy    string `json:"policy,omitempty"`
	Authority string `json:"authority,omitempty"`
	// Key is the fingerprint of the public key; empty for an identity.
	Key string `json:"key,omitempty"`
	// Subject and Issuer of the certificate; empty for a key.
	Subject string `json:"subject,omitempty"`
	Issuer  string `json:"issuer,omitempty"`
	// Logged is when the transparency log took the signature; nil where no log was asked for.
	Logged *time.Time `json:"logged,omitempty"`
	// Static says that the policy lets the image through without a signature.
	Static bool `json:"static,omitempty"`
}

func (s Signer) String() string {
	who := "key " + s.Key
	switch {
	case s.Static:
		return "let through by policy " + s.Policy + " without a signature"
	case s.Subject != "" || s.Issuer != "":
		who = fmt.Sprintf("%s (%s)", s.Subject, s.Issuer)
	}
	if s.Logged != nil {
		who += ", logged " + s.Logged.UTC().Format(time.RFC3339)
	}
	return who
}

// Statement is a verified attestation.
type Statement struct {
	PredicateType string `json:"predicateType"`
	Predicate     any    `json:"predicate"`
	Signer        Signer `json:"signer"`
	text          []byte
	// match is what policy-controller hands to the policy above all authorities.
	match map[string]any
}

// options makes cosign's options of an authority, for signatures or attestations.
func (a Authority) options(roots Roots) (cosign.CheckOpts, error) {
	co := cosign.CheckOpts{Offline: true, MaxWorkers: 1, NewBundleFormat: a.SignatureFormat == "bundle", IgnoreTlog: true, IgnoreSCT: true}
	if a.Keyless != nil {
		material, err := roots.material(a.Keyless.TrustRootRef)
		if err != nil {
			return co, err
		}
		for _, id := range a.Keyless.Identities {
			co.Identities = append(co.Identities, cosign.Identity(id))
		}
		co.TrustedMaterial, co.IgnoreSCT = material, a.Keyless.InsecureIgnoreSCT
		// Without a TrustRoot policy-controller asks for Sigstore's own log in any case, and for
		// bundles always.
		co.IgnoreTlog = a.CTLog == nil && a.Keyless.TrustRootRef != "" && !co.NewBundleFormat
	}
	if a.CTLog != nil {
		material, err := roots.material(a.CTLog.TrustRootRef)
		if err != nil {
			return co, err
		}
		if a.Keyless != nil && a.Keyless.TrustRootRef != a.CTLog.TrustRootRef {
			return co, undecidable("its log and its certificates have different roots of trust")
		}
		co.TrustedMaterial, co.IgnoreTlog = material, false
	}
	if a.RFC3161Timestamp != nil && (a.RFC3161Timestamp.TrustRootRef != "" || co.NewBundleFormat) {
		if a.Keyless != nil && a.Keyless.TrustRootRef != a.RFC3161Timestamp.TrustRootRef {
			return co, undecidable("its timestamps and its certificates have different roots of trust")
		}
		material, err := roots.material(a.RFC3161Timestamp.TrustRootRef)
		if err != nil {
			return co, err
		}
		co.TrustedMaterial, co.UseSignedTimestamps, co.IgnoreTlog = material, true, true
	}
	if co.TrustedMaterial == nil && co.NewBundleFormat {
		co.TrustedMaterial = &root.BaseTrustedMaterial{}
	}
	return co, nil
}

// attempt is one way to verify: with a key, or with a certificate.
type attempt struct {
	cosign.CheckOpts
	key string
	// anyFormat also takes signatures that refer to the image, which policies do not.
	anyFormat bool
}

func (a Authority) attempts(roots Roots, own bool) ([]attempt, error) {
	co, err := a.options(roots)
	if err != nil {
		return nil, err
	}
	switch {
	case a.Keyless != nil:
		if a.Keyless.URL == "" {
			return nil, fmt.Errorf("the policy's keyless authority names no url of Fulcio")
		}
		if len(a.Keyless.Identities) == 0 {
			return nil, fmt.Errorf("the policy's keyless authority names no identity: anybody could sign")
		}
		return []attempt{{CheckOpts: co}}, nil
	case a.Key != nil:
		keys, err := a.Key.keys()
		if err != nil {
			return nil, err
		}
		if len(keys) > 1 && !own {
			return nil, fmt.Errorf("the policy's key holds %d keys, of which policy-controller reads the first only: name each in an authority of its own", len(keys))
		}
		all := make([]attempt, len(keys))
		for i, k := range keys {
			all[i] = attempt{CheckOpts: co, key: k.fingerprint, anyFormat: own}
			all[i].SigVerifier = k.verifier
		}
		return all, nil
	}
	return nil, fmt.Errorf("the policy's authority has neither key, keyless nor static")
}

// signatures verifies the signatures of an image; it returns who signed, or why nobody counts.
func (t attempt) signatures(ctx context.Context, e *Evidence) ([]Signer, []any, error) {
	co := t.CheckOpts
	co.ClaimVerifier = cosign.SimpleClaimVerifier
	if co.NewBundleFormat {
		statements, err := t.bundles(e)
		// Any statement of the builder's would do, such as a report of what is wrong with the image.
		statements = slices.DeleteFunc(statements, func(s Statement) bool { return s.PredicateType != signPredicate })
		if err == nil && len(statements) == 0 {
			err = fmt.Errorf("%w: its bundles are attestations, and none is a signature", ErrUnsigned)
		}
		return signersOf(statements), nil, err
	}
	list := e.Signatures
	if t.anyFormat {
		list = slices.Concat(e.Signatures, e.Referred)
	}
	var signers []Signer
	var matches []any
	var causes []error
	for _, sig := range list {
		logged, err := guarded(func() (bool, error) { return cosign.VerifyImageSignature(ctx, t.stripped(sig), e.Digest, &co) })
		if err != nil {
			causes = append(causes, cause(err, sig, t))
			continue
		}
		signers = append(signers, t.signer(sig, logged))
		matches = append(matches, match(sig))
	}
	if len(signers) == 0 {
		return nil, nil, none(causes, "signature", e)
	}
	return signers, matches, nil
}

// signPredicate marks a bundle that is a plain signature of an image.
const signPredicate = "https://sigstore.dev/cosign/sign/v1"

// match is a signature as policy-controller hands it to policies in CUE and Rego: what is not known is
// left out, and what is known must all be there, since CUE takes a field that lacks from the policy.
func match(sig oci.Signature) map[string]any {
	m := map[string]any{}
	hash := sha256.New()
	if raw, err := sig.Signature(); err == nil {
		hash.Write(raw)
	}
	if cert, err := sig.Cert(); err == nil && cert != nil {
		if text, err := cryptoutils.MarshalCertificateToPEM(cert); err == nil {
			hash.Write(text)
		}
		extensions := cosign.CertExtensions{Cert: cert}
		subject := ""
		if names := cryptoutils.GetSubjectAlternateNames(cert); len(names) > 0 {
			subject = names[0]
		}
		for key, value := range map[string]string{
			"subject": subject, "issuer": extensions.GetIssuer(),
			"githubWorkflowTrigger": extensions.GetCertExtensionGithubWorkflowTrigger(),
			"githubWorkflowSha":     extensions.GetExtensionGithubWorkflowSha(),
			"githubWorkflowName":    extensions.GetCertExtensionGithubWorkflowName(),
			"githubWorkflowRepo":    extensions.GetCertExtensionGithubWorkflowRepository(),
			"githubWorkflowRef":     extensions.GetCertExtensionGithubWorkflowRef(),
		} {
			if value != "" {
				m[key] = value
			}
		}
	}
	m["id"] = hex.EncodeToString(hash.Sum(nil))
	return m
}

// stripped leaves out what plays no part for a key without a log: cosign looks at the expiry of a
// certificate even then.
func (t attempt) stripped(sig oci.Signature) oci.Signature {
	if t.SigVerifier == nil {
		return sig
	}
	return bare{sig, t.IgnoreTlog}
}

// attestations verifies the attestations of an image.
func (t attempt) attestations(ctx context.Context, e *Evidence) ([]Statement, error) {
	if t.NewBundleFormat {
		return t.bundles(e)
	}
	co := t.CheckOpts
	co.ClaimVerifier = cosign.IntotoSubjectClaimVerifier
	var statements []Statement
	var causes []error
	for _, att := range e.Attestations {
		logged, err := guarded(func() (bool, error) { return cosign.VerifyBlobAttestation(ctx, t.stripped(att), e.Digest, &co) })
		if err == nil {
			var payload []byte
			if payload, err = att.Payload(); err == nil {
				var s Statement
				if s, err = statement(payload); err == nil {
					s.Signer, s.match = t.signer(att, logged), match(att)
					if digest, err := att.Digest(); err == nil {
						s.match["digest"] = digest.String()
					}
					statements = append(statements, s)
					continue
				}
			}
		}
		causes = append(causes, cause(err, att, t))
	}
	if len(statements) == 0 {
		return nil, none(causes, "attestation", e)
	}
	return statements, nil
}

// signer says who made a signature that has been verified.
func (t attempt) signer(sig oci.Signature, logged bool) Signer {
	s := Signer{Key: t.key}
	if cert, err := sig.Cert(); err == nil && cert != nil && t.SigVerifier == nil {
		s.Subject = strings.Join(cryptoutils.GetSubjectAlternateNames(cert), ", ")
		s.Issuer = issuerOf(cert)
	}
	if b, err := sig.Bundle(); err == nil && b != nil && logged {
		at := time.Unix(b.Payload.IntegratedTime, 0)
		s.Logged = &at
	}
	return s
}

// guarded turns a panic into a failure: what is attached to an image may be anything.
func guarded(verify func() (bool, error)) (logged bool, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("it is malformed: %v", reason)
		}
	}()
	return verify()
}

func signersOf(statements []Statement) []Signer {
	var signers []Signer
	for _, s := range statements {
		if !slices.Contains(signers, s.Signer) {
			signers = append(signers, s.Signer)
		}
	}
	return signers
}

// statement takes the in-toto statement out of a DSSE envelope.
func statement(envelope []byte) (Statement, error) {
	var e struct {
		Payload []byte `json:"payload"`
	}
	if err := json.Unmarshal(envelope, &e); err != nil {
		return Statement{}, fmt.Errorf("reading the envelope: %w", err)
	}
	return read(e.Payload)
}

func read(payload []byte) (Statement, error) {
	s := Statement{text: payload}
	if err := json.Unmarshal(payload, &s); err != nil {
		return s, fmt.Errorf("reading the statement: %w", err)
	}
	if s.PredicateType == "" {
		return s, fmt.Errorf("the statement names no predicateType")
	}
	return s, nil
}
