package signing

// KeyPolicy asks for a signature by a key, in whatever format it is stored: cosign's older one, or
// a bundle.
func KeyPolicy(pem []byte) Policy {
	key := &KeyRef{Data: string(pem)}
	p := Policy{Name: "--key", own: true}
	p.Spec.Authorities = []Authority{
		{Name: "key", Key: key},
		{Name: "key in a bundle", Key: key, SignatureFormat: "bundle"},
	}
	return p
}
