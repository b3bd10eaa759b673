package image

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"tenon.dev/tenon/internal/image/layout"
	"tenon.dev/tenon/internal/image/signing"
)

// Errors that tell what became of a request to a registry. Only the first two say something
// about the image.
var (
	ErrNotFound    = errors.New("not in the registry")
	ErrUnsigned    = signing.ErrUnsigned
	ErrDenied      = errors.New("the registry refuses access")
	ErrUnreachable = errors.New("the registry does not answer")
	ErrMalformed   = errors.New("what the registry holds is malformed")
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
	// Offline answers in place of all registries; nil means that these are asked.
	Offline *layout.Folder
	// Record keeps what registries answer; nil keeps nothing.
	Record *layout.Folder
	// Cache is a folder in which the evidence of verified images is kept; empty means none.
	Cache string
}

// wire is shared, so that connections are used again.
var wire = &http.Transport{
	DialContext:           (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
	TLSHandshakeTimeout:   5 * time.Second,
	ResponseHeaderTimeout: 10 * time.Second,
	ForceAttemptHTTP2:     true,
	MaxIdleConnsPerHost:   16,
	IdleConnTimeout:       30 * time.Second,
	Proxy:                 http.ProxyFromEnvironment,
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
	return c.openUpTo(ctx, image, maxAnswer)
}

// openUpTo is open with another bound of one answer, in bytes.
func (c Client) openUpTo(ctx context.Context, image string, most int64) (session, error) {
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
	var transport http.RoundTripper = oneHost{ref.Context().RegistryStr(), bounded{wire, most}}
	switch {
	case c.Offline != nil:
		transport, keychain = c.Offline, anonymous{}
	case c.Record != nil:
		transport = layout.Recorder{Folder: c.Record, Next: transport}
	}
	options := []remote.Option{
		remote.WithContext(ctx),
		remote.WithTransport(transport),
		remote.WithAuthFromKeychain(keychain),
		remote.WithRetryBackoff(remote.Backoff{Duration: 100 * time.Millisecond, Factor: 2, Jitter: 0.5, Steps: 3}),
	}
	// One handshake for all requests about the image.
	puller, err := remote.NewPuller(options...)
	if err != nil {
		cancel()
		return session{}, fmt.Errorf("asking the registry of %s: %w", image, err)
	}
	return session{ref, append(options, remote.Reuse(puller)), cancel}, nil
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
	case errors.Is(err, ErrDenied), errors.Is(err, ErrMalformed):
		return err
	case errors.As(err, &refused) && refused.StatusCode == http.StatusNotFound &&
		refused.Request != nil && strings.Contains(refused.Request.URL.Path, "/manifests/"):
		return fmt.Errorf("%w: %w", absent, err)
	case errors.As(err, &refused) && (refused.StatusCode == http.StatusUnauthorized || refused.StatusCode == http.StatusForbidden):
		return fmt.Errorf("%w: %w", ErrDenied, err)
	}
	if silent(err) {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return fmt.Errorf("%w: %w", ErrMalformed, err)
}

// silent tells whether nothing was learnt: no connection, no time left, or a registry in trouble.
func silent(err error) bool {
	var refused *transport.Error
	if errors.As(err, &refused) {
		return refused.StatusCode >= 500 || refused.StatusCode == http.StatusRequestTimeout || refused.StatusCode == http.StatusTooManyRequests || refused.StatusCode == http.StatusNotFound
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// Resolved is what a registry says of a tag now.
type Resolved struct {
	Digest string
	// Platforms of the image as os/architecture.
	Platforms []string
	// Size in bytes of the config and layers, of the first platform.
	Size int64
}

// Resolve asks the registry for the digest that a tag has now.
func (c Client) Resolve(ctx context.Context, image string) (Resolved, error) {
	s, err := c.open(ctx, image)
	if err != nil {
		return Resolved{}, err
	}
	defer s.close()
	// Get hashes what it receives, where Head would believe a header.
	descriptor, err := remote.Get(s.ref, s.options...)
	if err != nil {
		return Resolved{}, fmt.Errorf("resolving %s: %w", image, classify(err, ErrNotFound))
	}
	r := Resolved{Digest: descriptor.Digest.String()}
	r.describe(descriptor)
	return r, nil
}

// describe adds what people want to know; an image that does not tell is as good.
func (r *Resolved) describe(d *remote.Descriptor) {
	if d.MediaType.IsIndex() {
		index, err := d.ImageIndex()
		if err != nil {
			return
		}
		manifest, err := index.IndexManifest()
		if err != nil {
			return
		}
		for _, m := range manifest.Manifests {
			if m.Platform != nil && m.Platform.OS != "unknown" {
				r.Platforms = append(r.Platforms, m.Platform.OS+"/"+m.Platform.Architecture)
			}
		}
	}
	img, err := d.Image()
	if err != nil {
		return
	}
	manifest, err := img.Manifest()
	if err != nil {
		return
	}
	r.Size = manifest.Config.Size
	for _, layer := range manifest.Layers {
		r.Size += layer.Size
	}
	if config, err := img.ConfigFile(); err == nil && len(r.Platforms) == 0 && config.OS != "" {
		r.Platforms = []string{config.OS + "/" + config.Architecture}
	}
}
