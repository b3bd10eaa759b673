package controlplane

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// pki makes the certificates of one control plane in its folder.
type pki struct {
	dir    string
	ca     *x509.Certificate
	key    *ecdsa.PrivateKey
	serial int64
}

func newPKI(dir string) (*pki, error) {
	p := &pki{dir: dir}
	var err error
	if p.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	template := p.template("test-ca", "")
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign|x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, template, template, &p.key.PublicKey, p.key)
	if err != nil {
		return nil, err
	}
	if p.ca, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}
	return p, p.write("ca.crt", "CERTIFICATE", der)
}

func (p *pki) template(name, organization string) *x509.Certificate {
	p.serial++
	t := &x509.Certificate{
		SerialNumber: big.NewInt(p.serial), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if organization != "" {
		t.Subject.Organization = []string{organization}
	}
	return t
}

// issue writes <file>.crt and <file>.key for a name in an organization; servers also get the
// addresses of this machine and those names that are given.
func (p *pki) issue(file, name, organization string, names ...string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	t := p.template(name, organization)
	t.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.ParseIP(NodeAddress), net.ParseIP(secondAddress), net.ParseIP(apiServiceAddress)}
	t.DNSNames = append([]string{"localhost", "kubernetes.default.svc", "kubernetes.default"}, names...)
	der, err := x509.CreateCertificate(rand.Reader, t, p.ca, &key.PublicKey, p.key)
	if err != nil {
		return err
	}
	if err := p.write(file+".crt", "CERTIFICATE", der); err != nil {
		return err
	}
	return p.writeKey(file, key)
}

// signer writes the pair of keys that tokens of accounts are signed with.
func (p *pki) signer(file string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return err
	}
	if err := p.write(file+".pub", "PUBLIC KEY", public); err != nil {
		return err
	}
	return p.writeKey(file, key)
}

func (p *pki) writeKey(file string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	return p.write(file+".key", "EC PRIVATE KEY", der)
}

func (p *pki) write(file, kind string, der []byte) error {
	return os.WriteFile(p.path(file), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}

func (p *pki) path(file string) string { return filepath.Join(p.dir, file) }
