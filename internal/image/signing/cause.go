package signing

import (
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sigstore/cosign/v2/pkg/cosign"
	"github.com/sigstore/cosign/v2/pkg/oci"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
)

// ranked is why one signature does not count. The further it came, the more it tells: a signature by
// the right key of another image says more than one by another key.
type ranked struct {
	rank int
	text string
}

func (r ranked) Error() string { return r.text }

// sign is a piece of what cosign and sigstore-go say, and what it means.
type sign struct {
	piece, means string
	rank         int
}

// signs are in order: the first that matches counts. Neither library has types for these errors.
var signs = []sign{
	{"could not be unmarshalled", "it is malformed", 1},
	{"it is malformed", "it is malformed", 1},
	{"invalid or missing digest in claim", "it is of another image", 6},
	{"no matching subject digest", "it is of another image", 6},
	{"provided artifact digest", "it is of another image", 6},
	{"unable to match subject", "it is of another image", 6},
	{"none of the expected identities", "it is by another identity", 5},
	{"no matching CertificateIdentity", "it is by another identity", 5},
	{"expected SAN value", "it is by another identity", 5},
	{"expected issuer value", "it is by another identity", 5},
	{"no certificate found", "it carries no certificate, so that nobody says who signed", 2},
	{"certificate expired before", "its certificate had expired when it was made", 4},
	{"certificate was issued after", "its certificate was not valid yet when it was made", 4},
	{"expected a signed timestamp to verify an expired certificate", "its certificate has expired, and no timestamp says that it was made before", 4},
	{"certificate has expired", "its certificate has expired", 4},
	{"not valid before or after", "its certificate was not valid when it was made", 4},
	{"outside certificate validity", "its certificate had expired, or was not valid yet, when it was made", 4},
	{"leaf certificate verification failed", "its certificate is not by a trusted authority, or was not valid when it was made", 3},
	{"certificate signed by unknown authority", "its certificate is not by a trusted authority", 3},
	{"signature in bundle does not match", "its log entry is of another signature", 4},
	{"artifact in bundle does not match", "its log entry is of another payload", 4},
	{"offline verification failed", "it has no entry of a transparency log with it", 4},
	{"not enough verified log entries", "it has no entry of a trusted transparency log with it", 4},
	{"not enough verified timestamps", "it has no trusted timestamp with it", 4},
	{"threshold not met for verified", "it has no entry of a trusted transparency log with it", 4},
	{"rekor log public key not found", "its log entry is by a log that is not trusted", 4},
	{"unable to verify SET", "its log entry is not signed by the log", 4},
	{"no valid tlog entries", "its log entry is not by a trusted log", 4},
	{"error verifying bundle", "its log entry does not verify", 4},
	{"SCT", "its certificate is in no trusted certificate log", 4},
	{"invalid signature", "the signature does not fit its payload and key", 2},
	{"could not verify", "the signature does not fit its payload and key", 2},
	{"verifying signature", "the signature does not fit its payload and key", 2},
	{"accepted signatures do not match threshold", "the signature does not fit its payload and key", 2},
}

// cause says in words why a signature does not count, with what the library says of it.
func cause(err error, sig oci.Signature, t attempt) error {
	text := err.Error()
	for _, s := range signs {
		if !strings.Contains(text, s.piece) {
			continue
		}
		means := s.means
		if s.rank == 5 {
			means += identityOf(sig)
		}
		if s.rank == 2 && t.key != "" {
			means = fmt.Sprintf("it is not by key %s, or was altered", t.key)
		}
		return ranked{s.rank, fmt.Sprintf("%s (%s)", means, short(text))}
	}
	return ranked{0, short(text)}
}

// identityOf says who did sign.
func identityOf(sig oci.Signature) string {
	if sig == nil {
		return ""
	}
	cert, err := sig.Cert()
	if err != nil || cert == nil {
		return ""
	}
	return fmt.Sprintf(", %s of %s", strings.Join(cryptoutils.GetSubjectAlternateNames(cert), ", "), issuerOf(cert))
}

// short keeps the first line of what a library says, within reason.
func short(text string) string {
	text, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	if len(text) > 200 {
		text = text[:200] + "..."
	}
	return text
}

// none makes one error of why each of the signatures does not count.
func none(causes []error, what string, e *Evidence) error {
	if len(causes) == 0 {
		if e.Unreadable > 0 {
			return fmt.Errorf("%w: what is attached is no %s", ErrUnsigned, what)
		}
		return fmt.Errorf("%w: the image has no %s in the format that the policy asks for", ErrUnsigned, what)
	}
	best := slices.MaxFunc(causes, func(a, b error) int { return rank(a) - rank(b) })
	if len(causes) == 1 {
		return fmt.Errorf("the image has one %s, and %w", what, best)
	}
	return fmt.Errorf("the image has %d of the kind %s, none of which counts: of the best %w", len(causes), what, best)
}

func rank(err error) int {
	var r ranked
	errors.As(err, &r)
	return r.rank
}

func issuerOf(cert *x509.Certificate) string {
	extensions := cosign.CertExtensions{Cert: cert}
	return extensions.GetIssuer()
}
