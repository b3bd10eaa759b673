// Package layout keeps what registries say of images in a folder, as an OCI image layout, and answers
// a registry's client from it: the same code then works with a registry and without a network.
// Layers of images are not kept there; Image reads a layout of others with its layers.
package layout

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"tenon.dev/tenon/internal/confine"
)

// refName is where a layout says by which name a manifest is known
// (https://github.com/opencontainers/image-spec/blob/main/annotations.md).
const refName = "org.opencontainers.image.ref.name"

// maxBlob bounds what is kept of one answer; SBOMs have some megabytes.
const maxBlob = 64 << 20

// maxManifest bounds what is looked at for whom it refers to, as registries do
// (https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests).
const maxManifest = 4 << 20

// Folder is an image layout. It is safe for concurrent use.
type Folder struct {
	dir string

	mu sync.Mutex
	// named are manifests by host/repository:tag and host/repository@digest.
	named map[string]v1.Descriptor
}

// ErrNoLayout says that a folder holds no image layout.
var ErrNoLayout = errors.New("no OCI image layout")

// Open reads the index of a layout.
func Open(dir string) (*Folder, error) {
	text, err := regular(dir, "index.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w in %s: tenon image export makes one", ErrNoLayout, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("reading layout: %w", err)
	}
	var index v1.IndexManifest
	if err := json.Unmarshal(text, &index); err != nil {
		return nil, fmt.Errorf("reading layout %s: %w", dir, err)
	}
	f := &Folder{dir: dir, named: map[string]v1.Descriptor{}}
	for _, d := range index.Manifests {
		f.named[d.Annotations[refName]] = d
	}
	return f, nil
}

// Create makes an empty layout. A folder that has one keeps what it has.
func Create(dir string) (*Folder, error) {
	if f, err := Open(dir); !errors.Is(err, ErrNoLayout) {
		return f, err
	}
	if err := os.MkdirAll(filepath.Join(dir, "blobs", "sha256"), 0o777); err != nil {
		return nil, fmt.Errorf("making layout: %w", err)
	}
	return &Folder{dir: dir, named: map[string]v1.Descriptor{}}, nil
}

// Save writes the index. Until then nothing of what was recorded counts.
func (f *Folder) Save() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	index := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{}}
	for _, name := range slices.Sorted(maps.Keys(f.named)) {
		index.Manifests = append(index.Manifests, f.named[name])
	}
	text, err := json.MarshalIndent(index, "", "  ")
	if err != nil {
		return fmt.Errorf("writing layout: %w", err)
	}
	if err := write(filepath.Join(f.dir, "oci-layout"), []byte(`{"imageLayoutVersion":"1.0.0"}`)); err != nil {
		return fmt.Errorf("writing layout: %w", err)
	}
	if err := write(filepath.Join(f.dir, "index.json"), append(text, '\n')); err != nil {
		return fmt.Errorf("writing layout: %w", err)
	}
	return nil
}

func write(file string, text []byte) error {
	next, err := os.CreateTemp(filepath.Dir(file), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(next.Name())
	_, err = next.Write(text)
	if err = errors.Join(err, next.Chmod(0o644), next.Close()); err != nil {
		return err
	}
	return os.Rename(next.Name(), file)
}

var digestPattern = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// request is what a client asks a registry for, by the distribution specification.
type request struct{ host, repository, kind, reference string }

var requestPattern = regexp.MustCompile(`^/v2/(.+)/(manifests|blobs|referrers)/([^/]+)$`)

func parse(r *http.Request) (request, bool) {
	m := requestPattern.FindStringSubmatch(r.URL.Path)
	if m == nil {
		return request{}, false
	}
	return request{r.URL.Host, m[1], m[2], m[3]}, true
}

func (r request) name() string {
	separator := ":"
	if digestPattern.MatchString(r.reference) {
		separator = "@"
	}
	return r.host + "/" + r.repository + separator + r.reference
}

// RoundTrip answers from the folder and asks nobody.
func (f *Folder) RoundTrip(r *http.Request) (*http.Response, error) {
	asked, ok := parse(r)
	switch {
	case r.URL.Path == "/v2/":
		return answer(r, http.StatusOK, "", nil), nil
	case !ok || r.Method != http.MethodGet && r.Method != http.MethodHead:
		return answer(r, http.StatusMethodNotAllowed, "", nil), nil
	case asked.kind == "referrers":
		return f.referrers(r, asked)
	case asked.kind == "blobs":
		return f.blob(r, asked.reference, "application/octet-stream"), nil
	}
	f.mu.Lock()
	d, known := f.named[asked.name()]
	f.mu.Unlock()
	if !known {
		return answer(r, http.StatusNotFound, "", nil), nil
	}
	return f.blob(r, d.Digest.String(), string(d.MediaType)), nil
}

func (f *Folder) blob(r *http.Request, digest, mediaType string) *http.Response {
	text, err := f.read(digest)
	if err != nil {
		return answer(r, http.StatusNotFound, "", nil)
	}
	response := answer(r, http.StatusOK, mediaType, text)
	response.Header.Set("Docker-Content-Digest", digest)
	return response
}

func (f *Folder) read(digest string) ([]byte, error) {
	if !digestPattern.MatchString(digest) {
		return nil, fs.ErrNotExist
	}
	return regular(f.dir, path.Join("blobs", "sha256", strings.TrimPrefix(digest, "sha256:")))
}

// regular reads a plain file of the folder within bounds: one from elsewhere may hold anything, and lead anywhere.
func regular(dir, name string) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	text, err := confine.ReadFile(root, name, maxBlob)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return text, nil
}

func (f *Folder) file(digest string) string {
	return filepath.Join(f.dir, "blobs", "sha256", strings.TrimPrefix(digest, "sha256:"))
}

// referrers lists the manifests of the repository whose subject is the digest.
func (f *Folder) referrers(r *http.Request, asked request) (*http.Response, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	index := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{}}
	seen := map[v1.Hash]bool{}
	for _, name := range slices.Sorted(maps.Keys(f.named)) {
		d := f.named[name]
		if !strings.HasPrefix(name, asked.host+"/"+asked.repository+"@") || seen[d.Digest] {
			continue
		}
		seen[d.Digest] = true // under many names it is one
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		text, err := f.read(d.Digest.String())
		if err != nil || len(text) > maxManifest {
			continue // a registry takes no manifest of that size
		}
		var m struct {
			Subject      *v1.Descriptor    `json:"subject"`
			ArtifactType string            `json:"artifactType"`
			Config       v1.Descriptor     `json:"config"`
			Annotations  map[string]string `json:"annotations"`
		}
		if json.Unmarshal(text, &m) != nil || m.Subject == nil || m.Subject.Digest.String() != asked.reference {
			continue
		}
		d.ArtifactType, d.Annotations = m.ArtifactType, m.Annotations
		if d.ArtifactType == "" {
			d.ArtifactType = string(m.Config.MediaType)
		}
		index.Manifests = append(index.Manifests, d)
	}
	text, err := json.Marshal(index)
	if err != nil {
		return nil, err
	}
	return answer(r, http.StatusOK, string(types.OCIImageIndex), text), nil
}

func answer(r *http.Request, status int, mediaType string, text []byte) *http.Response {
	response := &http.Response{
		Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Request: r, ContentLength: int64(len(text)), Body: io.NopCloser(bytes.NewReader(text)),
	}
	if mediaType != "" {
		response.Header.Set("Content-Type", mediaType)
	}
	if r.Method == http.MethodHead {
		response.Body = http.NoBody
	}
	return response
}

// Recorder passes requests on and keeps the answers.
type Recorder struct {
	Folder *Folder
	Next   http.RoundTripper
}

// RoundTrip keeps manifests and blobs that were received whole and have the digest they are named by.
func (c Recorder) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := c.Next.RoundTrip(r)
	if err != nil || response.StatusCode != http.StatusOK || r.Method != http.MethodGet {
		return response, err
	}
	first := r
	for first.Response != nil && first.Response.Request != nil {
		first = first.Response.Request // blobs are often found elsewhere, by a redirect
	}
	asked, ok := parse(first)
	if !ok || asked.kind == "referrers" || response.ContentLength > maxBlob {
		return response, nil
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxBlob+1))
	response.Body.Close()
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(text))
	if len(text) <= maxBlob {
		if err := c.Folder.keep(asked, response.Header.Get("Content-Type"), text); err != nil {
			return nil, fmt.Errorf("keeping %s: %w", path.Base(asked.name()), err)
		}
	}
	return response, nil
}

func (f *Folder) keep(asked request, mediaType string, text []byte) error {
	sum := sha256.Sum256(text)
	digest := "sha256:" + hex.EncodeToString(sum[:])
	if digestPattern.MatchString(asked.reference) && asked.reference != digest {
		return nil // the client refuses it, too
	}
	if _, err := os.Stat(f.file(digest)); err != nil {
		if err := write(f.file(digest), text); err != nil {
			return err
		}
	}
	if asked.kind != "manifests" {
		return nil
	}
	hash, err := v1.NewHash(digest)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.named[asked.name()] = v1.Descriptor{
		MediaType: types.MediaType(mediaType), Size: int64(len(text)), Digest: hash,
		Annotations: map[string]string{refName: asked.name()},
	}
	return nil
}
