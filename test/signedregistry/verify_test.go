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
	"tenon.dev/tenon/internal/image/signing"
	"tenon.dev/tenon/internal/platform"
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
	digest, err := r.Push("team/"+title+":v1", image.Entry{Name: title, LockEntry: platform.LockEntry{Tag: "v1"}})
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
		outcome      signing.Outcome
		reason       string
	}{
		{"signed by the key", signed.String(), r.PublicKey, signing.Verified, "signed by key SHA256:"},
		{"signed by another key", signed.String(), other.PublicKey, signing.Failed, "it is not by key SHA256:"},
		{"unsigned", unsigned.String(), r.PublicKey, signing.Failed, "no signature"},
		{"signature copied from another image", copied.String(), r.PublicKey, signing.Failed, "it is of another image"},
		{"digest not in the registry", gone.String(), r.PublicKey, signing.Failed, "not in the registry"},
		{"named by tag", r.Host + "/team/signed:v1", r.PublicKey, signing.Failed, "named by tag"},
		{"registry unreachable", "127.0.0.1:1/team/signed@" + signed.DigestStr(), r.PublicKey, signing.NotVerified, "does not answer"},
		{"registry refuses", denied, r.PublicKey, signing.NotVerified, "refuses access"},
		{"registry hangs", slow, r.PublicKey, signing.NotVerified, "does not answer"},
	} {
		t.Run(test.title, func(t *testing.T) {
			v := image.Client{Timeout: 2 * time.Second}.Verify(context.Background(), test.image, []signing.Policy{signing.KeyPolicy(test.key)}, nil)
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
	if err != nil || got.Digest != digest.DigestStr() || got.Size == 0 || len(got.Platforms) != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := client.Resolve(context.Background(), "registry.example.com/gpu/tool:v2"); err == nil {
		t.Error("a tag that does not exist was resolved")
	}
}

func TestReadKeyRefuses(t *testing.T) {
	if err := signing.ReadKey([]byte("no key")); err == nil {
		t.Error("nonsense was read as a key")
	}
}
