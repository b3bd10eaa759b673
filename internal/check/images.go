package check

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/image"
)

// Keys gives the public keys that an image must be signed with: one of each policy that
// covers it. A policy that is not about a key is an error of the kind errKeyless.
type Keys func(environment Environment, reference string) ([]image.Key, error)

// errKeyless says that a policy asks for a certificate, for which the roots of trust are needed.
var errKeyless = errors.New("it asks for a keyless signature, which is not verified here yet")

// DeclaredKeys takes the keys of the platform's signing policies.
func DeclaredKeys(e Environment, reference string) ([]image.Key, error) {
	repository, _, _ := strings.Cut(strings.TrimPrefix(reference, e.State.Registry+"/"), "@")
	repository, _, _ = strings.Cut(repository, ":")
	var keys []image.Key
	for name, p := range e.State.Signing {
		if !covers(p.Glob, repository) {
			continue
		}
		if p.Keyless != nil {
			return nil, fmt.Errorf("signing policy %s: %w", name, errKeyless)
		}
		key, err := image.ParseKey([]byte(p.Key))
		if err != nil {
			return nil, fmt.Errorf("signing policy %s: %w", name, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// covers matches a glob in which * stays within a path segment and ** crosses them.
func covers(glob, repository string) bool {
	if prefix, ok := strings.CutSuffix(glob, "**"); ok {
		return strings.HasPrefix(repository, prefix)
	}
	matched, err := path.Match(glob, repository)
	return err == nil && matched
}

// VerifyImages verifies every image that the environments run, each once, and returns the
// verdicts sorted by image together with where each is used.
func VerifyImages(ctx context.Context, client image.Client, environments []Environment, keys Keys) ([]ImageVerdict, error) {
	var all []ImageVerdict
	for _, e := range environments {
		for _, t := range e.Targets {
			for _, use := range image.Uses(t.Objects) {
				i := slices.IndexFunc(all, func(v ImageVerdict) bool {
					return v.Image == use.Image && v.environment.Environment == e.Environment // each has its own policies
				})
				if i < 0 {
					i = len(all)
					all = append(all, ImageVerdict{Verdict: image.Verdict{Image: use.Image}, environment: e})
				}
				all[i].uses = append(all[i].uses, targetUse{use, t.Target})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b ImageVerdict) int { return strings.Compare(a.Image, b.Image) })
	errs := make([]error, len(all))
	var group sync.WaitGroup
	slots := make(chan struct{}, 8)
	for i := range all {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = all[i].verify(ctx, client, keys)
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// ImageVerdict is what is known of one image's signatures, and where it is used.
type ImageVerdict struct {
	image.Verdict
	environment Environment
	uses        []targetUse
}

type targetUse struct {
	image.Use
	target finding.Target
}

// verify asks for a signature by each key; all policies that cover an image must hold.
func (v *ImageVerdict) verify(ctx context.Context, client image.Client, keys Keys) error {
	required, err := keys(v.environment, v.Image)
	if errors.Is(err, errKeyless) {
		v.Outcome, v.Reason = image.NotVerified, err.Error()
		return nil
	}
	if err != nil {
		return err
	}
	if len(required) == 0 {
		v.Outcome, v.Reason = image.NotVerified, "no signing policy of the platform covers it"
		return nil
	}
	for _, key := range required {
		v.Verdict = client.Verify(ctx, v.Image, key)
		if v.Outcome != image.Verified {
			return nil
		}
	}
	return nil
}

// ImageFindings makes findings of the verdicts that are no pass. What could not be verified is
// a warning, or an error where verification is required.
func ImageFindings(verdicts []ImageVerdict, required bool) []finding.Finding {
	var found []finding.Finding
	for _, v := range verdicts {
		f := finding.Finding{Severity: finding.Error, Rule: "image/signature-failed",
			Remedy: "sign the image that is in the registry with the declared key, or correct the lock"}
		f.Message = fmt.Sprintf("image %s failed verification: %s", v.Image, v.Reason)
		switch {
		case v.Outcome == image.Verified:
			continue
		case v.Outcome == image.NotVerified:
			f.Rule = "image/not-verified"
			f.Message = fmt.Sprintf("image %s was not verified: %s", v.Image, v.Reason)
			f.Remedy = "make the registry reachable, or cover the image by a signing policy"
			if !required {
				f.Severity = finding.Warning
			}
		}
		first := v.uses[0]
		f.Object, f.Field = first.Object.Ref(), first.At.String()
		apply(&f, first.Object.Origin.Trace(first.At, ""))
		for _, use := range v.uses {
			if !slices.Contains(f.Targets, use.target) {
				f.Targets = append(f.Targets, use.target)
			}
		}
		found = append(found, f)
	}
	return found
}
