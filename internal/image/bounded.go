package image

import (
	"fmt"
	"io"
	"net/http"
)

const (
	// maxAnswer bounds one answer of a registry, after HTTP has unpacked it. Manifests have at most
	// 4 MiB (https://github.com/opencontainers/distribution-spec/blob/main/spec.md, "Pushing
	// Manifests"), and of blobs only configs, signatures, attestations and policies are read.
	maxAnswer = 64 << 20
	// maxLayer bounds a layer, where layers are read.
	maxLayer = 64 << 30
	// maxRedirects is what Go's own client follows; the client of registries has no bound
	// (https://github.com/google/go-containerregistry/blob/v0.21.7/pkg/v1/remote/fetcher.go).
	maxRedirects = 10
)

// bounded ends answers and redirects that would not end: the client of registries reads manifests
// and tokens whole.
type bounded struct {
	next http.RoundTripper
	most int64
}

// RoundTrip bounds the body of the answer.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	if redirects(r) > maxRedirects {
		return nil, fmt.Errorf("%w: %s redirects more than %d times", ErrMalformed, r.URL.Host, maxRedirects)
	}
	answer, err := b.next.RoundTrip(r)
	if err != nil {
		return answer, err
	}
	tooLong := fmt.Errorf("%w: %s answers with more than %d MiB", ErrMalformed, r.URL.Host, b.most>>20)
	if answer.ContentLength > b.most && r.Method != http.MethodHead {
		answer.Body.Close()
		return nil, tooLong
	}
	answer.Body = struct {
		io.Reader
		io.Closer
	}{&atMost{answer.Body, b.most, tooLong}, answer.Body}
	return answer, nil
}

// redirects counts the answers that led to the request.
func redirects(r *http.Request) (n int) {
	for r.Response != nil && r.Response.Request != nil {
		r = r.Response.Request
		n++
	}
	return n
}

// atMost fails where more is to be read, where io.LimitReader would cut it off without a word.
type atMost struct {
	io.Reader
	left    int64
	tooLong error
}

// Read returns the error once there was more.
func (a *atMost) Read(p []byte) (int, error) {
	n, err := a.Reader.Read(p)
	if a.left -= int64(n); a.left < 0 {
		return 0, a.tooLong
	}
	return n, err
}
