package image

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"
)

const (
	manifestType = "application/vnd.oci.image.manifest.v1+json"
	emptyConfig  = `{"mediaType":"application/vnd.oci.image.config.v1+json","size":2,"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}`
)

func digestOf(text []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(text)) }

// endless sends until nobody reads any more.
func endless(w http.ResponseWriter, chunk []byte) {
	for {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

// registry answers the handshake, and everything else with the handler.
func registry(answer http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v2/" {
			return
		}
		answer(w, r)
	}
}

// TestHostileRegistries lets registries do what they must not. Each time an error tells what became
// of it, soon, and nothing is believed.
func TestHostileRegistries(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("a host that nobody named was asked for %s", r.URL)
	}))
	defer elsewhere.Close()
	hang := func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	zeros := make([]byte, 1<<16)

	trials := []struct {
		name   string
		answer http.HandlerFunc
		want   error // of ErrUnreachable, ErrMalformed, ErrDenied
	}{
		{"hangs at the handshake", hang, ErrUnreachable},
		{"hangs at the manifest", registry(hang), ErrUnreachable},
		{"hangs within the manifest", registry(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", manifestType)
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"schemaVersion":2`)
			w.(http.Flusher).Flush()
			hang(w, r)
		}), ErrUnreachable},
		{"hangs up", registry(func(w http.ResponseWriter, _ *http.Request) {
			connection, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				connection.Close()
			}
		}), ErrUnreachable},
		{"hangs at the token", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/token" {
				hang(w, r)
			}
			w.Header().Set("WWW-Authenticate", `Bearer realm="http://`+r.Host+`/token",service="x"`)
			w.WriteHeader(http.StatusUnauthorized)
		}, ErrUnreachable},

		{"is no registry", registry(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusTeapot)
			_, _ = io.WriteString(w, "<html>")
		}), ErrMalformed},
		{"answers that it is busy", registry(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "86400")
			w.WriteHeader(http.StatusTooManyRequests)
		}), ErrUnreachable},
		{"is broken", registry(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }), ErrUnreachable},

		{"redirects to itself", registry(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
		}), ErrMalformed},
		{"redirects elsewhere without TLS", registry(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+"/latest/meta-data", http.StatusTemporaryRedirect)
		}), ErrDenied},
		{"redirects to a file", registry(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(http.StatusTemporaryRedirect)
		}), ErrDenied},
		{"asks for the token elsewhere", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="`+elsewhere.URL+`/token",service="x"`)
			w.WriteHeader(http.StatusUnauthorized)
		}, ErrMalformed},

		{"sends a manifest without end", registry(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", manifestType)
			endless(w, zeros)
		}), ErrMalformed},
		{"announces a manifest of a terabyte", registry(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", manifestType)
			w.Header().Set("Content-Length", "1099511627776")
			endless(w, zeros)
		}), ErrMalformed},
		{"packs a manifest without end", registry(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", manifestType)
			w.Header().Set("Content-Encoding", "gzip")
			packed := gzip.NewWriter(w)
			for {
				if _, err := packed.Write(zeros); err != nil {
					return
				}
			}
		}), ErrMalformed},
		{"sends an error without end", registry(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			endless(w, zeros)
		}), ErrMalformed},
		{"sends a token without end", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/token" {
				endless(w, zeros)
				return
			}
			w.Header().Set("WWW-Authenticate", `Bearer realm="http://`+r.Host+`/token",service="x"`)
			w.WriteHeader(http.StatusUnauthorized)
		}, ErrMalformed},
	}
	for _, trial := range trials {
		t.Run(trial.name, func(t *testing.T) {
			server := httptest.NewServer(trial.answer)
			defer server.Close()
			client := Client{Timeout: 20 * time.Second}
			if errors.Is(trial.want, ErrUnreachable) {
				client.Timeout = 500 * time.Millisecond
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			resolved, err := client.Resolve(context.Background(), strings.TrimPrefix(server.URL, "http://")+"/team/image:v1")
			runtime.ReadMemStats(&after)
			if !errors.Is(err, trial.want) {
				t.Errorf("resolving: %+v, %v, want %v", resolved, err, trial.want)
			}
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 16*maxAnswer {
				t.Errorf("%d MiB were taken", grown>>20)
			}
		})
	}
}

// TestLyingRegistry lets a registry answer with another image than the one that was asked for.
func TestLyingRegistry(t *testing.T) {
	text := []byte(`{"schemaVersion":2,"config":` + emptyConfig + `}`)
	claimed := "sha256:" + strings.Repeat("a", 64)
	server := httptest.NewServer(registry(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", manifestType)
		w.Header().Set("Docker-Content-Digest", claimed)
		_, _ = w.Write(text)
	}))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")

	tagged, err := Client{}.Resolve(context.Background(), host+"/team/image:v1")
	if err != nil || tagged.Digest != digestOf(text) {
		t.Errorf("a tag: %q, %v, want the digest of what was received", tagged.Digest, err)
	}
	if _, err := (Client{}).Resolve(context.Background(), host+"/team/image@"+claimed); !errors.Is(err, ErrMalformed) {
		t.Errorf("a digest: %v, want %v", err, ErrMalformed)
	}
}

// TestLargeBundles unpacks policies that would fill the memory.
func TestLargeBundles(t *testing.T) {
	archive := func(write func(*tar.Writer) error) []byte {
		var text bytes.Buffer
		packed := gzip.NewWriter(&text)
		w := tar.NewWriter(packed)
		if err := write(w); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Close(), packed.Close()); err != nil {
			t.Fatal(err)
		}
		return text.Bytes()
	}
	many := func(kind byte, n int) []byte {
		return archive(func(w *tar.Writer) error {
			for i := range n {
				if err := w.WriteHeader(&tar.Header{Typeflag: kind, Name: fmt.Sprintf("rules/%d.rego", i), Mode: 0o600}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	trials := map[string]struct {
		layer []byte
		fails bool
	}{
		"one small file": {many(tar.TypeReg, 1), false},
		"one large file": {archive(func(w *tar.Writer) error {
			if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "a.rego", Mode: 0o600, Size: maxBundle + 1}); err != nil {
				return err
			}
			_, err := w.Write(make([]byte, maxBundle+1))
			return err
		}), true},
		"empty files":   {many(tar.TypeReg, maxBundle/128), true},
		"empty folders": {many(tar.TypeDir, maxBundle/128), true},
		"no archive":    {[]byte("package a"), true},
	}
	for name, trial := range trials {
		t.Run(name, func(t *testing.T) {
			manifest := fmt.Appendf(nil, `{"schemaVersion":2,"config":%s,"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","size":%d,"digest":%q}]}`, emptyConfig, len(trial.layer), digestOf(trial.layer))
			server := httptest.NewServer(registry(func(w http.ResponseWriter, r *http.Request) {
				if strings.Contains(r.URL.Path, "/blobs/") {
					_, _ = w.Write(trial.layer)
					return
				}
				w.Header().Set("Content-Type", manifestType)
				w.Header().Set("Docker-Content-Digest", digestOf(manifest))
				_, _ = w.Write(manifest)
			}))
			defer server.Close()
			_, err := Client{}.Bundle(context.Background(), strings.TrimPrefix(server.URL, "http://")+"/team/rules:v1")
			if (err != nil) != trial.fails {
				t.Errorf("pulling: %v", err)
			}
		})
	}
}
