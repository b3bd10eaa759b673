package signedregistry_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/test/signedregistry"
)

func start(t *testing.T) *signedregistry.Registry {
	t.Helper()
	r, err := signedregistry.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func push(t *testing.T, r *signedregistry.Registry, title string) name.Digest {
	t.Helper()
	digest, err := r.Push("team/"+title+":v1", image.Entry{Name: title, Tag: "v1"})
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

func sign(t *testing.T, r *signedregistry.Registry, digest, claimed name.Digest) {
	t.Helper()
	if err := r.Sign(digest, claimed); err != nil {
		t.Fatal(err)
	}
}

// TestVerify shows the three outcomes as three different things, each with its cause.
func TestVerify(t *testing.T) {
	r, other := start(t), start(t)
	signed, unsigned, copied, moved := push(t, r, "signed"), push(t, r, "unsigned"), push(t, r, "copied"), push(t, r, "moved")
	sign(t, r, signed, signed)
	sign(t, r, copied, signed)
	sign(t, r, moved, moved)
	gone := moved.Context().Digest("sha256:" + strings.Repeat("0", 64))
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(refusing.Close)
	denied := strings.TrimPrefix(refusing.URL, "http://") + "/team/signed@" + signed.DigestStr()
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() }))
	t.Cleanup(hanging.Close)
	slow := strings.TrimPrefix(hanging.URL, "http://") + "/team/signed@" + signed.DigestStr()

	for _, test := range []struct {
		title, image string
		key          []byte
		outcome      image.Outcome
		reason       string
	}{
		{"signed by the key", signed.String(), r.PublicKey, image.Verified, "signed by the declared key"},
		{"signed by another key", signed.String(), other.PublicKey, image.Failed, "no signature by the declared key"},
		{"unsigned", unsigned.String(), r.PublicKey, image.Failed, "no signature"},
		{"signature copied from another image", copied.String(), r.PublicKey, image.Failed, "the signature is of another image"},
		{"digest not in the registry", gone.String(), r.PublicKey, image.Failed, "not in the registry"},
		{"named by tag", r.Host + "/team/signed:v1", r.PublicKey, image.Failed, "named by tag"},
		{"registry unreachable", "127.0.0.1:1/team/signed@" + signed.DigestStr(), r.PublicKey, image.NotVerified, "does not answer"},
		{"registry refuses", denied, r.PublicKey, image.NotVerified, "refuses access"},
		{"registry hangs", slow, r.PublicKey, image.NotVerified, "does not answer"},
	} {
		t.Run(test.title, func(t *testing.T) {
			key, err := image.ParseKey(test.key)
			if err != nil {
				t.Fatal(err)
			}
			v := image.Client{Timeout: 2 * time.Second}.Verify(context.Background(), test.image, key)
			if v.Outcome != test.outcome || !strings.Contains(v.Reason, test.reason) {
				t.Errorf("%s: %s, want %s: %s", v.Outcome, v.Reason, test.outcome, test.reason)
			}
		})
	}
}

// TestResolve finds the digest of a tag, and says which tags it cannot.
func TestResolve(t *testing.T) {
	r := start(t)
	digest := push(t, r, "tool")
	client := image.Client{Timeout: 2 * time.Second, Mirror: image.Mirror{From: "registry.example.com/gpu", To: r.Host + "/team"}}
	got, err := client.Resolve(context.Background(), "registry.example.com/gpu/tool:v1")
	if err != nil || got != digest.DigestStr() {
		t.Errorf("got %s, %v", got, err)
	}
	if _, err := client.Resolve(context.Background(), "registry.example.com/gpu/tool:v2"); err == nil {
		t.Error("a tag that does not exist was resolved")
	}
}

func TestParseKeyRefuses(t *testing.T) {
	if _, err := image.ParseKey([]byte("no key")); err == nil {
		t.Error("nonsense was read as a key")
	}
}
