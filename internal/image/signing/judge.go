package signing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Outcome is what is known of an image. NotVerified is never a pass.
type Outcome string

// The outcomes.
const (
	Verified    Outcome = "verified"
	Failed      Outcome = "failed"
	NotVerified Outcome = "not verified"
)

// Verdict is the outcome for one image, with the reason in words.
type Verdict struct {
	Image   string  `json:"image"`
	Outcome Outcome `json:"outcome"`
	Reason  string  `json:"reason"`
	// Signers who vouch for the image, where it is verified.
	Signers []Signer `json:"signers,omitempty"`
	// Attestations that were verified.
	Attestations []Statement `json:"-"`
	// Warn says that the policy which fails would let the image run all the same.
	Warn bool `json:"warn,omitempty"`
	// Cached says that the evidence was at hand from a former run; it was verified anew.
	Cached bool `json:"cached,omitempty"`
}

// needs is the evidence that policies ask for, by the source that it is kept in.
func needs(policies []Policy) map[Source]Need {
	all := map[Source]Need{}
	for _, p := range policies {
		for _, a := range p.Spec.Authorities {
			n := all[a.source()]
			switch {
			case a.Static != nil:
				continue
			case a.SignatureFormat == "bundle":
				n.Bundles = true
			case len(a.Attestations) > 0:
				n.Attestations = true
			default:
				n.Signatures = true
			}
			all[a.source()] = n
		}
	}
	return all
}

// source is the one that signatures are kept in; the zero value is the image's own repository.
func (a Authority) source() Source {
	if len(a.Sources) == 0 {
		return Source{}
	}
	return a.Sources[0]
}

// Judge gives the verdict on an image by all policies that cover it, every one of which must hold.
// Fetch reads the evidence of a source; its error decides where it says that nothing could be learnt.
func Judge(ctx context.Context, image string, policies []Policy, roots Roots, fetch func(Source, Need) (*Evidence, error)) Verdict {
	v := Verdict{Image: image, Outcome: Verified}
	if len(policies) == 0 {
		v.Outcome, v.Reason = NotVerified, "no signing policy covers it"
		return v
	}
	j := judge{roots: roots, fetch: fetch, needs: needs(policies), known: map[Source]fetched{}}
	var reasons []string
	for _, p := range policies {
		m, err := j.policy(ctx, p)
		switch {
		case err == nil:
			v.Signers = append(v.Signers, m.signers...)
			v.Attestations = append(v.Attestations, m.statements...)
			continue
		case errors.Is(err, errUndecidable):
			if v.Outcome == Verified {
				v.Outcome, reasons = NotVerified, nil
			}
			if v.Outcome == NotVerified {
				reasons = append(reasons, fmt.Sprintf("policy %s: %v", p.Name, err))
			}
		default:
			warn := p.Spec.Mode == "warn"
			if v.Outcome != Failed {
				v.Outcome, v.Warn, reasons = Failed, warn, nil
			}
			v.Warn = v.Warn && warn
			reasons = append(reasons, fmt.Sprintf("policy %s: %v", p.Name, err))
		}
	}
	if v.Outcome != Verified {
		v.Signers, v.Attestations = nil, nil
		v.Reason = strings.Join(reasons, "; ")
		return v
	}
	var who []string
	for _, s := range v.Signers {
		if text := s.String(); !slices.Contains(who, text) {
			who = append(who, text)
		}
	}
	v.Reason = "signed by " + strings.Join(who, "; ")
	if !slices.ContainsFunc(v.Signers, func(s Signer) bool { return !s.Static }) {
		v.Reason = strings.Join(who, "; ")
	}
	return v
}

type fetched struct {
	evidence *Evidence
	err      error
}

type judge struct {
	roots Roots
	fetch func(Source, Need) (*Evidence, error)
	needs map[Source]Need
	known map[Source]fetched
}

func (j *judge) evidence(s Source) (*Evidence, error) {
	if _, known := j.known[s]; !known {
		e, err := j.fetch(s, j.needs[s])
		j.known[s] = fetched{e, err}
	}
	return j.known[s].evidence, j.known[s].err
}

// Undecidable marks an error of fetching evidence as one that says nothing of the image.
func Undecidable(err error) error { return fmt.Errorf("%w: %w", errUndecidable, err) }

// matched is what the authorities of a policy that vouch for the image say.
type matched struct {
	signers    []Signer
	statements []Statement
	// result is what the policy's own CUE or Rego sees.
	result map[string]any
}

// policy asks all authorities, one of which must vouch for the image.
func (j *judge) policy(ctx context.Context, p Policy) (matched, error) {
	var all matched
	if p.Malformed != "" {
		return all, undecidable("it cannot be read: %s", p.Malformed)
	}
	if len(p.Spec.Authorities) == 0 {
		return all, fmt.Errorf("it names no authority")
	}
	all.result = map[string]any{}
	var failures, undecided []error
	for _, a := range p.Spec.Authorities {
		m, err := j.authority(ctx, p, a)
		switch {
		case err == nil:
			all.signers = append(all.signers, m.signers...)
			all.statements = append(all.statements, m.statements...)
			all.result[a.Name] = m.result
		case errors.Is(err, errUndecidable):
			undecided = append(undecided, fmt.Errorf("authority %s: %w", a.Name, err))
		default:
			failures = append(failures, fmt.Errorf("authority %s: %w", a.Name, err))
		}
	}
	switch {
	case len(all.result) > 0:
		return all, p.whole(ctx, all)
	case len(undecided) > 0:
		return all, oneLine(append(undecided, failures...))
	}
	return all, oneLine(failures)
}

// whole evaluates the policy that stands above all authorities.
func (p Policy) whole(ctx context.Context, m matched) error {
	above := p.Spec.Policy
	if above == nil {
		return nil
	}
	if above.FetchConfigFile || above.IncludeSpec || above.IncludeMeta || above.IncludeTypeMeta {
		return undecidable("its policy asks for the image's config or the object that runs it")
	}
	if slices.ContainsFunc(p.Spec.Authorities, func(a Authority) bool { return a.SignatureFormat == "bundle" }) {
		return undecidable("what it would see of bundles is not known here")
	}
	text, err := json.Marshal(map[string]any{"authorityMatches": m.result})
	if err != nil {
		return fmt.Errorf("its policy: %w", err)
	}
	return above.evaluate(ctx, p, text)
}

func (j *judge) authority(ctx context.Context, p Policy, a Authority) (matched, error) {
	named := func(s Signer) Signer { s.Policy, s.Authority = p.Name, a.Name; return s }
	if a.Static != nil {
		if a.Static.Action != "pass" {
			return matched{}, fmt.Errorf("disallowed by static policy: %s", a.Static.Message)
		}
		return matched{signers: []Signer{named(Signer{Static: true})}, result: map[string]any{"static": true}}, nil
	}
	if !p.own {
		if err := a.refused(); err != nil {
			return matched{}, err
		}
	}
	attempts, err := a.attempts(j.roots, p.own)
	if err != nil {
		return matched{}, err
	}
	e, err := j.evidence(a.source())
	if err != nil {
		return matched{}, err
	}
	var errs []error
	for _, t := range attempts {
		m, err := t.authority(ctx, p, a, e)
		if err == nil {
			for i := range m.signers {
				m.signers[i] = named(m.signers[i])
			}
			return m, nil
		}
		errs = append(errs, err)
	}
	return matched{}, oneLine(errs)
}

// refused says what policy-controller v0.13.1 does not take.
func (a Authority) refused() error {
	switch bundle := a.SignatureFormat == "bundle"; {
	case len(a.Sources) > 1:
		return fmt.Errorf("policy-controller takes one source of signatures")
	case bundle && a.Keyless == nil:
		return fmt.Errorf("policy-controller takes the bundle format with keyless authorities only")
	case bundle && len(a.Attestations) == 0:
		return fmt.Errorf("policy-controller takes the bundle format for attestations only")
	case bundle && len(a.Keyless.Identities) > 1:
		return fmt.Errorf("policy-controller takes one identity with the bundle format")
	}
	return nil
}

// authority asks for signatures, or for attestations where the policy names some.
func (t attempt) authority(ctx context.Context, p Policy, a Authority, e *Evidence) (matched, error) {
	if len(a.Attestations) == 0 {
		signers, matches, err := t.signatures(ctx, e)
		return matched{signers: signers, result: map[string]any{"signatures": matches}}, err
	}
	statements, err := t.attestations(ctx, e)
	if err != nil {
		return matched{}, err
	}
	m := matched{signers: signersOf(statements), statements: statements}
	found := map[string]any{}
	for _, wanted := range a.Attestations {
		kept, err := wanted.among(ctx, p, statements)
		if err != nil {
			return matched{}, err
		}
		found[wanted.Name] = kept
	}
	m.result = map[string]any{"attestations": found}
	return m, nil
}

// oneLine joins errors without line breaks.
func oneLine(errs []error) error {
	if len(errs) == 1 {
		return errs[0]
	}
	return several(errs)
}

type several []error

func (s several) Error() string {
	texts := make([]string, len(s))
	for i, e := range s {
		texts[i] = e.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap gives all of them.
func (s several) Unwrap() []error { return s }
