package signing

import (
	"crypto/x509"

	"github.com/sigstore/cosign/v2/pkg/cosign/bundle"
	"github.com/sigstore/cosign/v2/pkg/oci"
)

// bare is a signature without its certificate and, where no log is asked for, without its entry.
type bare struct {
	attached
	unlogged bool
}

// attached is named so that the method Signature is not hidden by a field.
type attached = oci.Signature

// Cert gives none.
func (bare) Cert() (*x509.Certificate, error) { return nil, nil }

// Chain gives none.
func (bare) Chain() ([]*x509.Certificate, error) { return nil, nil }

// Bundle gives the log entry where one is asked for.
func (b bare) Bundle() (*bundle.RekorBundle, error) {
	if b.unlogged {
		return nil, nil
	}
	return b.attached.Bundle()
}
