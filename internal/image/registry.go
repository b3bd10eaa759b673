package image

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Errors that tell what became of a request to a registry. Only the first two say something
// about the image.
var (
	ErrNotFound    = errors.New("not in the registry")
	ErrUnsigned    = errors.New("no signature")
	ErrDenied      = errors.New("the registry refuses access")
	ErrUnreachable = errors.New("the registry does not answer")
)

// Client talks to the registries of the images it is asked about, and to hosts that these
// redirect to over TLS.
type Client struct {
	// Keychain holds credentials; nil means anonymous.
	Keychain authn.Keychain
	// Timeout bounds what is done for one image; default 20 s.
	Timeout time.Duration
	// Mirror says where the images are found instead; the zero value means where their
	// names say.
	Mirror Mirror
}

// Mirror replaces one prefix of image names by another.
type Mirror struct{ From, To string }

func (m Mirror) apply(image string) string {
	if rest, ok := strings.CutPrefix(image, m.From+"/"); ok && m.From != "" {
		return m.To + "/" + rest
	}
	return image
}

// session is the access to one registry for one image.
type session struct {
	ref     name.Reference
	options []remote.Option
	close   func()
}

func (c Client) open(ctx context.Context, image string) (session, error) {
	ref, err := name.ParseReference(c.Mirror.apply(image))
	if err != nil {
		return session{}, fmt.Errorf("reading image reference %q: %w", image, err)
	}
	timeout := c.Timeout
	if timeout == 0 {
		timeout = 20 * time.Second
	}
	keychain := c.Keychain
	if keychain == nil {
		keychain = anonymous{}
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	wire := &http.Transport{
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		TLSHandshakeTimeout:   5 * time.Second,
		ResponseHeaderTimeout: 10 * time.Second,
		ForceAttemptHTTP2:     true,
		Proxy:                 http.ProxyFromEnvironment,
	}
	options := []remote.Option{
		remote.WithContext(ctx),
		remote.WithTransport(oneHost{ref.Context().RegistryStr(), wire}),
		remote.WithAuthFromKeychain(keychain),
		remote.WithRetryBackoff(remote.Backoff{Duration: 100 * time.Millisecond, Factor: 2, Steps: 2}),
	}
	return session{ref, options, func() { cancel(); wire.CloseIdleConnections() }}, nil
}

type anonymous struct{}

// Resolve gives no credentials.
func (anonymous) Resolve(authn.Resource) (authn.Authenticator, error) { return authn.Anonymous, nil }

// oneHost sends plain HTTP to the registry itself only, and only where it is on this machine.
// A registry may redirect to other hosts for tokens and blobs, but then over TLS.
type oneHost struct {
	registry string
	next     http.RoundTripper
}

// RoundTrip refuses requests that would leave the machine unencrypted.
func (o oneHost) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme == "https" {
		return o.next.RoundTrip(r)
	}
	if host := r.URL.Hostname(); strings.EqualFold(r.URL.Host, o.registry) && (host == "localhost" || net.ParseIP(host).IsLoopback()) {
		return o.next.RoundTrip(r)
	}
	return nil, fmt.Errorf("%w: %s is not on this machine, so it must speak TLS", ErrDenied, r.URL.Host)
}

// classify tells what an error of the registry's client means; absent is what a manifest that
// does not exist means to the caller.
func classify(err, absent error) error {
	var refused *transport.Error
	switch {
	case errors.Is(err, ErrDenied):
		return err
	case errors.As(err, &refused) && refused.StatusCode == http.StatusNotFound &&
		refused.Request != nil && strings.Contains(refused.Request.URL.Path, "/manifests/"):
		return fmt.Errorf("%w: %w", absent, err)
	case errors.As(err, &refused) && (refused.StatusCode == http.StatusUnauthorized || refused.StatusCode == http.StatusForbidden):
		return fmt.Errorf("%w: %w", ErrDenied, err)
	}
	return fmt.Errorf("%w: %w", ErrUnreachable, err)
}

// Resolve asks the registry for the digest that a tag has now.
func (c Client) Resolve(ctx context.Context, image string) (digest string, err error) {
	s, err := c.open(ctx, image)
	if err != nil {
		return "", err
	}
	defer s.close()
	// Get hashes what it receives, where Head would believe a header.
	descriptor, err := remote.Get(s.ref, s.options...)
	if err != nil {
		return "", fmt.Errorf("resolving %s: %w", image, classify(err, ErrNotFound))
	}
	return descriptor.Digest.String(), nil
}
