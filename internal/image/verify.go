package image

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"tenon.dev/tenon/internal/image/layout"
	"tenon.dev/tenon/internal/image/signing"
)

// Verify gives the verdict of all policies that cover an image, which is given by digest. Neither a
// transparency log nor a source of trust roots is asked.
func (c Client) Verify(ctx context.Context, image string, policies []signing.Policy, roots signing.Roots) signing.Verdict {
	if c.Offline != nil || c.Cache == "" {
		return c.judge(ctx, image, policies, roots)
	}
	dir := filepath.Join(c.Cache, cacheKey(c.Mirror.apply(image)))
	if kept, err := layout.Open(dir); err == nil && fresh(dir) {
		from := c
		from.Offline = kept
		// Somebody may have signed since: only what is verified needs no second look.
		if v := from.judge(ctx, image, policies, roots); v.Outcome == signing.Verified {
			v.Cached = true
			return v
		}
	}
	return c.remember(ctx, dir, image, policies, roots)
}

// kept is how long evidence is believed to be what the registry has: somebody may have withdrawn a
// signature, or attested more.
const kept = 24 * time.Hour

func fresh(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, "index.json"))
	return err == nil && time.Since(info.ModTime()) < kept
}

// prune removes what is too old to be used.
func prune(cache string) {
	entries, err := os.ReadDir(cache)
	if err != nil {
		return
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > kept {
			os.RemoveAll(filepath.Join(cache, e.Name()))
		}
	}
}

// cacheKey names the evidence of an image by its repository and digest. Policies and roots of trust
// are applied anew each time, so that they are no part of it, and nothing passes that was not signed.
func cacheKey(image string) string {
	sum := sha256.Sum256([]byte(image))
	return hex.EncodeToString(sum[:])
}

// remember verifies, and keeps the evidence of what is verified. A cache that cannot be written is
// no reason to fail.
func (c Client) remember(ctx context.Context, dir, image string, policies []signing.Policy, roots signing.Roots) signing.Verdict {
	if err := os.MkdirAll(c.Cache, 0o700); err != nil {
		return c.judge(ctx, image, policies, roots)
	}
	next, err := os.MkdirTemp(c.Cache, "new-*")
	if err != nil {
		return c.judge(ctx, image, policies, roots)
	}
	defer os.RemoveAll(next)
	if c.Record, err = layout.Create(next); err != nil {
		c.Record = nil
		return c.judge(ctx, image, policies, roots)
	}
	v := c.judge(ctx, image, policies, roots)
	if v.Outcome == signing.Verified && c.Record.Save() == nil {
		prune(c.Cache)
		os.RemoveAll(dir)
		_ = os.Rename(next, dir) // another process may have been faster
	}
	return v
}

func (c Client) judge(ctx context.Context, image string, policies []signing.Policy, roots signing.Roots) signing.Verdict {
	s, err := c.open(ctx, image)
	if err != nil {
		return signing.Verdict{Image: image, Outcome: signing.Failed, Reason: err.Error()}
	}
	defer s.close()
	digest, ok := s.ref.(name.Digest)
	if !ok {
		return signing.Verdict{Image: image, Outcome: signing.Failed, Reason: "it is named by tag, and a signature is of a digest"}
	}
	present := false
	return signing.Judge(ctx, image, policies, roots, func(source signing.Source, need signing.Need) (*signing.Evidence, error) {
		// cosign asks for the signatures only: an image that is gone would look unsigned.
		if !present {
			if _, err := remote.Get(digest, s.options...); err != nil {
				return nil, c.weigh(classify(err, ErrNotFound))
			}
			present = true
		}
		e, err := signing.Fetch(ctx, digest, source, need, s.options, classify)
		return e, c.weigh(err)
	})
}

// weigh marks errors that say nothing of the image.
func (c Client) weigh(err error) error {
	switch {
	case err == nil:
		return nil
	case c.Offline != nil && errors.Is(err, ErrNotFound):
		return signing.Undecidable(fmt.Errorf("the folder does not hold the image: export it with a network"))
	case errors.Is(err, ErrUnreachable), errors.Is(err, ErrDenied):
		return signing.Undecidable(err)
	}
	return err
}

// Export reads everything that is attached to an image into the folder that the client records to.
func (c Client) Export(ctx context.Context, image string) (*signing.Evidence, error) {
	s, err := c.open(ctx, image)
	if err != nil {
		return nil, err
	}
	defer s.close()
	digest, ok := s.ref.(name.Digest)
	if !ok {
		return nil, fmt.Errorf("%s is named by tag: lock it first", image)
	}
	if _, err := remote.Get(digest, s.options...); err != nil {
		return nil, classify(err, ErrNotFound)
	}
	return signing.Fetch(ctx, digest, signing.Source{}, signing.Everything, s.options, classify)
}
